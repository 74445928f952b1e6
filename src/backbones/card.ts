// card.json: what goes with weights and must never be guessed. Reading checks every bound, for a card may come from anywhere.

import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Preprocessing, ResizeRule } from '../data/image-rules.js';
import { FinetuneError, messageOf } from '../errors.js';
import { writeAtomically } from '../system/atomic-write.js';

/** `card.json`: what goes with weights and must never be guessed. */
export interface Card {
  readonly formatVersion: 1;
  readonly name: string;
  /** e.g. `vgg16`, `efficientnet-lite0`, or the name in the Keras file. */
  readonly architecture: string;
  /** Height and width may be open (null). */
  readonly inputShape: readonly [height: number | null, width: number | null, channels: 3];
  readonly preprocessing: Preprocessing;
  readonly resize: ResizeRule;
  /** Name of the layer whose output is the base's, for a backbone that still carries its top. */
  readonly featureLayer?: string | undefined;
  /** In the order of the outputs; absent where the network has no top. */
  readonly classNames?: readonly string[] | undefined;
  readonly source: string;
  readonly licence: string;
  /** sha-256 of the weights as stored (all shards in order), hex. */
  readonly sha256: string;
}

/** The version that this program writes, and the only one that it reads. */
export const cardFormatVersion = 1;

const maximumBytes = 16 * 1024 * 1024;
const line = z.string().min(1).max(1000);
const side = z.number().int().min(1).max(16384).nullable();
const triple = (minimum: number, maximum: number) => {
  const value = z.number().min(minimum).max(maximum);
  return z.tuple([value, value, value]).readonly();
};

/** What a card must hold. */
export const cardSchema = z.object({
  formatVersion: z.literal(cardFormatVersion),
  name: line,
  architecture: line,
  inputShape: z.tuple([side, side, z.literal(3)]).readonly(),
  preprocessing: z.object({
    channelOrder: z.enum(['RGB', 'BGR']),
    mean: triple(-1e6, 1e6),
    std: triple(1e-6, 1e6),
  }),
  resize: z.object({
    method: z.enum(['stretch', 'crop', 'pad']),
    interpolation: z.enum(['linear', 'cubic', 'lanczos3']),
    cropFraction: z.number().gt(0).max(1),
  }),
  featureLayer: line.optional(),
  classNames: z.array(z.string().max(1000)).min(1).max(100_000).readonly().optional(),
  source: z.string().max(10_000),
  licence: z.string().max(10_000),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * Reads and checks the card of a backbone's or a run's model folder.
 * @throws FinetuneError `bad-model` when it is missing, of another format version, or wrong; the message names the field
 */
export async function loadCard(dir: string): Promise<Card> {
  const path = join(dir, 'card.json');
  const value = parseCard(path, await readCard(path));
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== cardFormatVersion) {
    throw new FinetuneError(
      'bad-model',
      `${path} has format version ${JSON.stringify(version)}; this program reads version ${cardFormatVersion}. ` +
        'Prepare the backbone again with finetune prepare, or use the version of finetune that wrote it.',
    );
  }
  const result = cardSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new FinetuneError(
    'bad-model',
    `${path} is not a valid card: ${issue.path.join('.')}: ${issue.message}. Prepare the backbone again, or mend that field.`,
  );
}

async function readCard(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > maximumBytes) throw new Error(`it is ${size} bytes long, at most ${maximumBytes} are read`);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new FinetuneError(
      'bad-model',
      `Cannot read ${path}: ${messageOf(error)}. Expected a folder that finetune prepare or finetune train wrote.`,
      { cause: error },
    );
  }
}

function parseCard(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FinetuneError('bad-model', `${path} is not JSON: ${messageOf(error)}.`, { cause: error });
  }
}

/**
 * Writes `card.json` whole or not at all.
 * @param dir made when missing
 */
export async function saveCard(dir: string, card: Card): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeAtomically(join(dir, 'card.json'), `${JSON.stringify(cardSchema.parse(card), null, '\t')}\n`);
}
