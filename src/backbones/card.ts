// card.json: what goes with weights and must never be guessed. Reading checks every bound, for a card may come from anywhere.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Channels, Preprocessing, ResizeRule } from '../data/image-rules.js';
import { FinetuneError, messageOf } from '../errors.js';
import { writeAtomically } from '../system/atomic-write.js';
import { isObject, readJsonFile } from '../system/json.js';

/** `card.json`: what goes with weights and must never be guessed. */
export interface Card {
  readonly formatVersion: 1;
  readonly name: string;
  /** e.g. `vgg16`, `efficientnet-lite0`, or the name in the Keras file. */
  readonly architecture: string;
  /** Height and width may be open (null). */
  readonly inputShape: readonly [height: number | null, width: number | null, channels: Channels];
  readonly preprocessing: Preprocessing;
  readonly resize: ResizeRule;
  /** Name of the layer whose output is the base's, for a backbone that still carries its top. */
  readonly featureLayer?: string | undefined;
  /** In the order of the outputs; absent where the network has no top, or nobody said what its classes are called. */
  readonly classNames?: readonly string[] | undefined;
  /** The network averages over each image and its mirror by itself. Absent: it looks at the image alone. */
  readonly mirrored?: true | undefined;
  readonly source: string;
  readonly licence: string;
  /** sha-256 of the weights as stored (all shards in order), hex. */
  readonly sha256: string;
}

/** The version that this program writes, and the only one that it reads. */
export const cardFormatVersion = 1;

const line = z.string().min(1).max(1000);
const size = z.number().int().min(1).max(16384).nullable();
const perChannel = (minimum: number, maximum: number) =>
  z.array(z.number().min(minimum).max(maximum)).min(1).max(4).readonly();

/** What a card must hold. */
const cardSchema = z
  .object({
    formatVersion: z.literal(cardFormatVersion),
    name: line,
    architecture: line,
    inputShape: z.tuple([size, size, z.literal([1, 2, 3, 4])]).readonly(),
    preprocessing: z.object({
      channelOrder: z.enum(['RGB', 'BGR', 'grey']),
      mean: perChannel(-1e6, 1e6),
      std: perChannel(1e-6, 1e6),
    }),
    resize: z.object({
      method: z.enum(['stretch', 'crop', 'pad']),
      interpolation: z.enum(['linear', 'cubic', 'lanczos3']),
      cropFraction: z.number().gt(0).max(1),
    }),
    featureLayer: line.optional(),
    classNames: z.array(z.string().max(1000)).min(1).max(100_000).readonly().optional(),
    mirrored: z.literal(true).optional(),
    source: z.string().max(10_000),
    licence: z.string().max(10_000),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .superRefine(({ inputShape: [, , channels], preprocessing }, context) => {
    for (const name of ['mean', 'std'] as const) {
      const count = preprocessing[name].length;
      if (count === channels) continue;
      const message = `expected ${channels} numbers, one per channel, received ${count}`;
      context.addIssue({ code: 'custom', path: ['preprocessing', name], message });
    }
    if ((preprocessing.channelOrder === 'grey') !== channels < 3) {
      const message = `${preprocessing.channelOrder} does not go with ${channels} channels`;
      context.addIssue({ code: 'custom', path: ['preprocessing', 'channelOrder'], message });
    }
  });

/**
 * Reads and checks the card of a backbone's or a run's model folder.
 * @throws FinetuneError `bad-model` when it is missing, of another format version, or wrong; the message names the field
 */
export async function loadCard(dir: string): Promise<Card> {
  const path = join(dir, 'card.json');
  const value = await readCard(path);
  const version = isObject(value) ? value.formatVersion : undefined;
  if (version !== cardFormatVersion) {
    throw new FinetuneError(
      'bad-model',
      `${path} has format version ${JSON.stringify(version)}; this program reads version ${cardFormatVersion}. ` +
        'Prepare the backbone again with finetune prepare, or use the version of finetune that wrote it.',
    );
  }
  const result = cardSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FinetuneError(
    'bad-model',
    `${path} is not a valid card: ${issue?.path.join('.')}: ${issue?.message}. Prepare the backbone again, or mend that field.`,
  );
}

async function readCard(path: string): Promise<unknown> {
  try {
    return await readJsonFile(path, 'a folder that finetune prepare or finetune train wrote');
  } catch (error) {
    throw new FinetuneError('bad-model', `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Writes `card.json`, atomically.
 * @param dir made when missing
 */
export async function saveCard(dir: string, card: Card): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeAtomically(join(dir, 'card.json'), `${JSON.stringify(cardSchema.parse(card), null, '\t')}\n`);
}
