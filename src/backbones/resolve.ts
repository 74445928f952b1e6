// Finds a prepared backbone by path or name, and lists those that there are.

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FinetuneError, findNearest } from '../errors.js';
import { restoreReplaced } from '../system/atomic-folder.js';
import { quoteWord } from '../system/printable.js';
import { measureFile } from '../system/read-failure.js';
import { type Card, loadCard } from './card.js';

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
    restoreReplaced(dir);
    // One that cannot be read is told of by its reason.
    if ((await measureFile(join(dir, 'card.json'))) !== 'is missing')
      return { dir, card: await loadCard(dir) };
  }
  throw new FinetuneError('not-prepared', await describeMissing(nameOrDir));
}

/** Names of Keras files, whether they are there or not. */
const kerasFile = /\.(keras|h5|hdf5)$/i;

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    entry => entry.isFile(),
    () => false,
  );
}

/** What else to do. */
async function describeMissing(nameOrDir: string): Promise<string> {
  if (nameOrDir === 'auto')
    return 'auto, the best backbone that is prepared, is for finetune train and lr-find. Name one here: see finetune backbones.';
  const prepareIt = `Run \`finetune prepare --from ${quoteWord(nameOrDir)}\`, then use the name that it gives.`;
  if (await isFile(join(nameOrDir, 'model.json')))
    return `${nameOrDir} holds a tfjs model, but no card.json that says how its photos are preprocessed. ${prepareIt}`;
  if ((await isFile(nameOrDir)) || kerasFile.test(nameOrDir))
    return `A backbone is the name or the folder of a prepared one, not a file. Received: ${nameOrDir}. ${prepareIt}`;
  const names = [...new Set((await listBackbones()).map(({ name }) => name))];
  // Every architecture comes with it, and nobody else here needs one.
  const { catalogue, findInCatalogue } = await import('./catalogue.js');
  const alike = findInCatalogue(nameOrDir) === undefined ? findNearest(nameOrDir, names) : undefined;
  if (alike !== undefined)
    return `There is no backbone ${nameOrDir}, but ${alike} is prepared: use \`--backbone ${alike}\`.`;
  const published = catalogue.map(({ name }) => name);
  const meant = findNearest(nameOrDir, published);
  if (meant !== undefined && meant !== nameOrDir)
    return `There is no backbone ${nameOrDir}. Did you mean ${meant}? \`finetune prepare ${meant}\` prepares it.`;
  return (
    `The backbone ${nameOrDir} is not prepared. Prepared here: ${names.join(', ') || 'none'}. ` +
    `Run \`finetune prepare ${/[/\\]/.test(nameOrDir) ? 'NAME' : nameOrDir}\` (it downloads the weights), ` +
    'or `finetune prepare --from FILE` for a Keras file of your own, ' +
    'or use the embedded one: `--backbone efficientnet-lite0`.'
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
