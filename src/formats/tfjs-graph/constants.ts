// The constants of a graph model, from its shards: kernels, and the whole numbers that say how to reshape, pad and join.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FinetuneError } from '../../errors.js';
import { elementCount } from '../../network/source.js';
import { decodeBytes, storedBytes } from '../tfjs-weights/encoding.js';
import { shardName, tensorShape } from '../tfjs-weights/manifest.js';
import { readRange, type ShardFile } from '../tfjs-weights/shards.js';

/** A dense array that does not depend on the image. */
export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const entrySchema = z.object({
  name: z.string().min(1).max(2000),
  shape: tensorShape,
  dtype: z.enum(['float32', 'int32']),
  quantization: z
    .union([
      z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
      z.object({ dtype: z.literal('float16') }),
    ])
    .optional(),
});

const manifestSchema = z.array(
  z.object({
    paths: z.array(shardName),
    weights: z.array(entrySchema),
  }),
);

type Entry = z.output<typeof entrySchema>;

/**
 * Reads every constant.
 * @throws FinetuneError `bad-model` when a shard is missing, sizes do not add up, or a value is not finite
 */
export async function readConstants(dir: string, manifest: unknown): Promise<ReadonlyMap<string, Constant>> {
  const groups = manifestSchema.safeParse(manifest);
  if (!groups.success) {
    const issue = groups.error.issues[0]!;
    throw new FinetuneError(
      'bad-model',
      `${join(dir, 'model.json')}: weightsManifest.${issue.path.join('.')}: ${issue.message}.`,
    );
  }
  const constants = new Map<string, Constant>();
  for (const { paths, weights } of groups.data) {
    const shards = await findShards(dir, paths);
    let start = 0;
    const end = shards.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const entry of weights) {
      const length = elementCount(entry.shape) * storedBytes[entry.quantization?.dtype ?? 'float32'];
      if (start + length > end) throw truncated(dir, entry.name);
      constants.set(entry.name, toConstant(entry, readRange(shards, start, length)));
      start += length;
    }
  }
  return constants;
}

async function findShards(dir: string, paths: readonly string[]): Promise<readonly ShardFile[]> {
  const shards: ShardFile[] = [];
  let start = 0;
  for (const name of paths) {
    const path = join(dir, name);
    const bytes = await stat(path).then(
      entry => (entry.isFile() ? entry.size : undefined),
      () => undefined,
    );
    if (bytes === undefined) throw truncated(dir, name);
    shards.push({ path, start, bytes });
    start += bytes;
  }
  return shards;
}

function truncated(dir: string, name: string): FinetuneError {
  return new FinetuneError(
    'bad-model',
    `"${name}" is missing in ${dir}, or cut short. Copy the folder again, with all its shards.`,
  );
}

function toConstant({ name, shape, dtype, quantization }: Entry, bytes: Uint8Array<ArrayBuffer>): Constant {
  const isPlainInteger = dtype === 'int32' && quantization === undefined;
  const data = isPlainInteger
    ? Float32Array.from(new Int32Array(bytes.buffer))
    : decodeBytes(bytes, quantization);
  if (data.every(Number.isFinite)) return { kind: 'constant', shape, data };
  throw new FinetuneError('bad-model', `The weight "${name}" holds NaN or infinity. The model is damaged.`);
}
