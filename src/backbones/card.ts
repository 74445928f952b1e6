// card.json: what goes with weights and must never be guessed. Reading checks every bound, for a card may come from anywhere.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Channels, Preprocessing, ResizeRule } from '../data/image-rules.js';
import { FinetuneError, messageOf } from '../errors.js';
import { writeAtomically } from '../system/atomic-write.js';
import { describeIssue } from '../system/issues.js';
import { isObject, readJsonFile } from '../system/json.js';
import { makeFolder } from '../system/make-folder.js';
import { isAsSealed, seal } from '../system/seal.js';

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

const line = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1000));
const size = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(16384)));
const perChannel = (minimum: number, maximum: number) =>
  v.pipe(
    v.array(v.pipe(v.number(), v.minValue(minimum), v.maxValue(maximum))),
    v.nonEmpty(),
    v.maxLength(4),
    v.readonly(),
  );

const text = v.pipe(v.string(), v.maxLength(10_000));

/** What a card must hold. */
const cardSchema = v.pipe(
  v.object({
    formatVersion: v.literal(cardFormatVersion),
    name: line,
    architecture: line,
    inputShape: v.pipe(v.strictTuple([size, size, v.picklist([1, 2, 3, 4])]), v.readonly()),
    preprocessing: v.object({
      channelOrder: v.picklist(['RGB', 'BGR', 'grey']),
      mean: perChannel(-1e6, 1e6),
      std: perChannel(1e-6, 1e6),
    }),
    resize: v.object({
      method: v.picklist(['stretch', 'crop', 'pad']),
      interpolation: v.picklist(['linear', 'cubic', 'lanczos3']),
      cropFraction: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
    }),
    featureLayer: v.optional(line),
    classNames: v.optional(
      v.pipe(
        v.array(v.pipe(v.string(), v.maxLength(1000))),
        v.nonEmpty(),
        v.maxLength(100_000),
        v.readonly(),
      ),
    ),
    mirrored: v.optional(v.literal(true)),
    source: text,
    licence: text,
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? findContradiction(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);

/** What of the preprocessing does not go with the number of channels. */
function findContradiction({
  inputShape: [, , channels],
  preprocessing,
}: Pick<Card, 'inputShape' | 'preprocessing'>): string | undefined {
  for (const name of ['mean', 'std'] as const) {
    const count = preprocessing[name].length;
    if (count !== channels)
      return `preprocessing.${name}: expected ${channels} numbers, one per channel, received ${count}`;
  }
  const order = preprocessing.channelOrder;
  if ((order === 'grey') !== channels < 3)
    return `preprocessing.channelOrder: ${order} does not go with ${channels} channels`;
  return undefined;
}

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
  const result = v.safeParse(cardSchema, value);
  if (result.success) return result.output;
  throw new FinetuneError(
    'bad-model',
    `${path} is not a valid card: ${describeIssue(result.issues)}. Prepare the backbone again, or mend that field.`,
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
 * Writes `card.json`, atomically, sealed together with the `model.json` beside it.
 * @param dir made when missing
 */
export async function saveCard(dir: string, card: Card): Promise<void> {
  makeFolder(dir);
  const sealed = seal(v.parse(cardSchema, card), await readCompanions(dir));
  await writeAtomically(join(dir, 'card.json'), `${JSON.stringify(sealed, null, '\t')}\n`);
}

/**
 * Whether a card and its model.json are as they were written; those of older versions do not tell, and count as such.
 * @throws FinetuneError `bad-model` where there is no card
 */
export async function isCardAsWritten(dir: string): Promise<boolean> {
  const card = await readCard(join(dir, 'card.json'));
  return isObject(card) && isAsSealed(card, await readCompanions(dir));
}

async function readCompanions(dir: string): Promise<Buffer[]> {
  const model = join(dir, 'model.json');
  return existsSync(model) ? [await readFile(model)] : [];
}
