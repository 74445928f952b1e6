// Finds a prepared backbone by path or name, and lists those that there are.

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FinetuneError, findNearest } from '../errors.js';
import type { Card } from './card.js';
import { loadCard } from './card.js';

/** A folder with model.json, shards and card.json, and its card. */
export interface PreparedBackbone {
  /** Absolute. */
  readonly dir: string;
  readonly card: Card;
}

/** `pretrained/` of the package itself: the same two steps up from `src/` and from `dist/`. */
const packageFolder = fileURLToPath(new URL('../../pretrained/', import.meta.url));

/** Where prepared backbones lie, in the order in which they are looked up: of the working directory, of the package. */
export function pretrainedFolders(): readonly string[] {
  return [...new Set([resolve('pretrained'), resolve(packageFolder)])];
}

/**
 * Looks a backbone up: as a folder, then in `./pretrained/NAME`, then in the package's own `pretrained/`.
 * @throws FinetuneError `not-prepared` naming what is prepared and how to prepare it; `bad-model` for a wrong card
 */
export async function resolveBackbone(nameOrDir: string): Promise<PreparedBackbone> {
  const candidates = [resolve(nameOrDir)];
  if (!/[/\\]|^\.*$/.test(nameOrDir)) {
    candidates.push(...pretrainedFolders().map(folder => join(folder, nameOrDir)));
  }
  for (const dir of candidates) {
    if (await isFile(join(dir, 'card.json'))) return { dir, card: await loadCard(dir) };
  }
  throw await notPrepared(nameOrDir);
}

/** Names of Keras files, whether they are there or not. */
const kerasFile = /\.(keras|h5|hdf5)$/i;

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    entry => entry.isFile(),
    () => false,
  );
}

async function notPrepared(nameOrDir: string): Promise<FinetuneError> {
  if (await isFile(join(nameOrDir, 'model.json'))) {
    return new FinetuneError(
      'not-prepared',
      `${nameOrDir} holds a tfjs model, but no card.json that says how its photos are preprocessed. ` +
        `Run \`finetune prepare --from ${nameOrDir}\`, then use the name that it gives.`,
    );
  }
  if ((await isFile(nameOrDir)) || kerasFile.test(nameOrDir)) {
    return new FinetuneError(
      'not-prepared',
      `A backbone is the name or the folder of a prepared one, not a file. Received: ${nameOrDir}. ` +
        `Run \`finetune prepare --from ${nameOrDir}\`, then use the name that it gives.`,
    );
  }
  const names = [...new Set((await listBackbones()).map(({ name }) => name))];
  // Every architecture comes with it, and nobody else here needs one.
  const { catalogue, findInCatalogue } = await import('./catalogue.js');
  const alike = findInCatalogue(nameOrDir) === undefined ? findNearest(nameOrDir, names) : undefined;
  if (alike !== undefined) {
    return new FinetuneError(
      'not-prepared',
      `There is no backbone ${nameOrDir}, but ${alike} is prepared: use \`--backbone ${alike}\`.`,
    );
  }
  const published = findNearest(
    nameOrDir,
    catalogue.map(({ name }) => name),
  );
  if (published !== undefined && published !== nameOrDir) {
    return new FinetuneError(
      'not-prepared',
      `There is no backbone ${nameOrDir}. Did you mean ${published}? \`finetune prepare ${published}\` prepares it.`,
    );
  }
  const prepared = names.length > 0 ? names.join(', ') : 'none';
  return new FinetuneError(
    'not-prepared',
    `The backbone ${nameOrDir} is not prepared. Prepared here: ${prepared}. ` +
      `Run \`finetune prepare ${/[/\\]/.test(nameOrDir) ? 'NAME' : nameOrDir}\` (it downloads the weights), ` +
      'or `finetune prepare --from FILE` for a Keras file of your own, ' +
      'or use the embedded one: `--backbone efficientnet-lite0`.',
  );
}

/** All prepared backbones, those of the working directory first; a folder with a wrong card is left out. */
export async function listBackbones(): Promise<readonly (PreparedBackbone & { readonly name: string })[]> {
  const found = await Promise.all(pretrainedFolders().map(listFolder));
  return found.flat();
}

async function listFolder(folder: string) {
  const names = await readdir(folder).catch((): string[] => []);
  const backbones = await Promise.all(
    names
      .filter(name => !name.startsWith('.'))
      .sort()
      .map(async name => {
        const dir = join(folder, name);
        const card = await loadCard(dir).catch(() => undefined);
        return card === undefined ? [] : [{ name, dir, card }];
      }),
  );
  return backbones.flat();
}
