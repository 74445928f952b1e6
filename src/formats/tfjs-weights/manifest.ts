// The weights manifest of a tfjs layers model: which weight lies where in the shards, and how it is stored.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FinetuneError } from '../../errors.js';
import { elementCount, type WeightSource } from '../../network/source.js';
import type { Quantization } from './encoding.js';
import { decodeBytes, storedBytes } from './encoding.js';
import { readRange, type ShardFile } from './shards.js';

/** One weight of a manifest. */
export interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32';
  readonly quantization?: (Quantization & { readonly original_dtype?: 'float32' }) | undefined;
}

const quantizationSchema = z.union([
  z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal('float16') }),
]);

/** A name in the model's own folder; no path leads out of it. */
export const shardName = z
  .string()
  .regex(/^(?!\.{1,2}$)[^/\\\0]{1,255}$/, 'expected a file name without folders');

/** As much as a model file may declare; that it fits the stored bytes is checked later. */
export const tensorShape = z
  .array(
    z
      .number()
      .int()
      .min(0)
      .max(2 ** 31),
  )
  .max(8);

const manifestSchema = z.array(
  z.object({
    paths: z.array(shardName).max(100_000),
    weights: z.array(
      z.object({
        name: z.string().min(1).max(2000),
        shape: tensorShape,
        dtype: z.literal('float32'),
        quantization: quantizationSchema.optional(),
      }),
    ),
  }),
);

/** Values of one piece; 4 MiB of single precision. */
const pieceLength = 1_048_576;

/**
 * The weights of a manifest as sources over the shards in `dir`.
 * @throws FinetuneError `bad-model` when the manifest is malformed, a shard is missing, or sizes do not add up
 */
export async function openManifest(dir: string, manifest: unknown): Promise<readonly WeightSource[]> {
  const groups = manifestSchema.safeParse(manifest);
  if (!groups.success) {
    const issue = groups.error.issues[0]!;
    const place = `weightsManifest.${issue.path.join('.')}`;
    throw new FinetuneError(
      'bad-model',
      `${join(dir, 'model.json')}: ${place}: ${issue.message}. Expected a tfjs layers model.`,
    );
  }
  const sources: WeightSource[] = [];
  for (const { paths, weights } of groups.data) {
    const shards = await openShards(dir, paths);
    const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
    sources.push(...groupSources(dir, weights, shards, bytes));
  }
  return sources;
}

async function openShards(dir: string, paths: readonly string[]): Promise<readonly ShardFile[]> {
  const shards: ShardFile[] = [];
  let start = 0;
  for (const name of paths) {
    const path = join(dir, name);
    const entry = await stat(path).catch(() => undefined);
    if (!entry?.isFile()) {
      throw new FinetuneError(
        'bad-model',
        `${path} is missing. model.json needs it: copy the folder again, with all its shards.`,
      );
    }
    shards.push({ path, start, bytes: entry.size });
    start += entry.size;
  }
  return shards;
}

function groupSources(
  dir: string,
  weights: readonly ManifestWeight[],
  shards: readonly ShardFile[],
  bytes: number,
): WeightSource[] {
  let start = 0;
  const sources = weights.map(weight => {
    const source = manifestSource(weight, shards, start);
    start += storedLength(weight);
    return source;
  });
  if (start === bytes) return sources;
  throw new FinetuneError(
    'bad-model',
    `The shards in ${dir} hold ${bytes} bytes, but its model.json describes ${start}. A file is truncated or of another model: copy the folder again.`,
  );
}

function manifestSource(
  { name, shape, quantization }: ManifestWeight,
  shards: readonly ShardFile[],
  start: number,
): WeightSource {
  const width = storedBytes[quantization?.dtype ?? 'float32'];
  const count = elementCount(shape);
  function* read() {
    for (let from = 0; from < count; from += pieceLength) {
      const length = Math.min(pieceLength, count - from);
      yield decodeBytes(readRange(shards, start + from * width, length * width), quantization);
    }
  }
  return { name, shape, read };
}

/** Bytes of a weight on disk. */
export function storedLength({ shape, quantization }: ManifestWeight): number {
  return elementCount(shape) * storedBytes[quantization?.dtype ?? 'float32'];
}
