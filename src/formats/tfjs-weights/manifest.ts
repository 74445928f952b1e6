// The weights manifest of a tfjs model, layers and graph models alike: which weight lies where in the shards, and how
// it is stored. Read and written here.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { FinetuneError } from '../../errors.js';
import { checkedPieces, elementCount, type WeightSource } from '../../network/source.js';
import { describeIssue } from '../../system/issues.js';
import {
  bytesPerValue,
  decodeBytes,
  encodePiece,
  planStoredForm,
  type QuantizedType,
  type StoredForm,
  type WeightType,
} from './encoding.js';
import { openShards, readRange, type Shards, writeShards } from './shards.js';

/** One weight of a manifest. */
export interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: WeightType;
  readonly quantization?: (StoredForm & { readonly original_dtype?: 'float32' }) | undefined;
}

const finite = v.pipe(v.number(), v.finite());
const storedFormSchema = v.union([
  v.object({ dtype: v.picklist(['uint8', 'uint16']), scale: finite, min: finite }),
  v.object({ dtype: v.literal('float16') }),
]);

/** A name in the model's own folder; no path leads out of it. */
const shardName = v.pipe(
  v.string(),
  v.regex(/^(?!\.{1,2}$)[^/\\\0]{1,255}$/, 'expected a file name without folders'),
);

/** As much as a model file may declare; that it fits the stored bytes is checked later. */
const dimension = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(2 ** 31));

const manifestSchema = v.array(
  v.object({
    paths: v.pipe(v.array(shardName), v.maxLength(100_000)),
    weights: v.array(
      v.object({
        name: v.pipe(v.string(), v.nonEmpty(), v.maxLength(2000)),
        shape: v.pipe(v.array(dimension), v.maxLength(8)),
        dtype: v.picklist(['float32', 'int32']),
        quantization: v.optional(storedFormSchema),
      }),
    ),
  }),
);

/** Values of one piece; 4 MiB of single precision. */
const pieceLength = 1_048_576;
/** Bytes that are hashed at a time. */
const hashedLength = 1_048_576;

/**
 * The weights of a manifest as sources over the shards in `dir`; integers come as floats too.
 * @throws FinetuneError `bad-model` when the manifest is malformed, a shard is missing or something else, or sizes do
 * not add up
 */
export async function openManifest(dir: string, manifest: unknown): Promise<readonly WeightSource[]> {
  const groups = await openGroups(dir, manifest);
  return groups.flatMap(({ shards, weights }) => groupSources(dir, weights, shards));
}

interface Group {
  readonly shards: Shards;
  readonly weights: readonly ManifestWeight[];
}

async function openGroups(dir: string, manifest: unknown): Promise<readonly Group[]> {
  const parsed = v.safeParse(manifestSchema, manifest);
  if (!parsed.success) {
    throw new FinetuneError(
      'bad-model',
      `${join(dir, 'model.json')}: weightsManifest.${describeIssue(parsed.issues)}. Expected a tfjs model.`,
    );
  }
  return await Promise.all(
    parsed.output.map(async ({ paths, weights }) => {
      const hasBytes = weights.some(({ quantization }) => quantization?.dtype === 'uint8');
      return { shards: await openShards(dir, paths, hasBytes), weights };
    }),
  );
}

function groupSources(dir: string, weights: readonly ManifestWeight[], shards: Shards): WeightSource[] {
  let end = 0;
  const sources = weights.map(weight => {
    const start = end;
    end += storedLength(weight);
    return manifestSource(weight, shards, start);
  });
  if (end === shards.bytes) return sources;
  throw new FinetuneError(
    'bad-model',
    `The shards in ${dir} hold ${shards.bytes} bytes, but its model.json describes ${end}. ` +
      'A file is cut short or of another model: copy the folder again.',
  );
}

function manifestSource(
  { name, shape, dtype, quantization }: ManifestWeight,
  shards: Shards,
  start: number,
): WeightSource {
  const width = bytesPerValue[quantization?.dtype ?? dtype];
  const count = elementCount(shape);
  function* read() {
    for (let from = 0; from < count; from += pieceLength) {
      const length = Math.min(pieceLength, count - from);
      yield decodeBytes(readRange(shards, start + from * width, length * width), dtype, quantization);
    }
  }
  return { name, shape, read };
}

/** Bytes of a weight on disk. */
function storedLength({ shape, dtype, quantization }: ManifestWeight): number {
  return elementCount(shape) * bytesPerValue[quantization?.dtype ?? dtype];
}

/** The sha-256 of a manifest's shards, all bytes in order, hex; the manifest is one that `openManifest` takes. */
export async function hashWeights(dir: string, manifest: unknown): Promise<string> {
  const hash = createHash('sha256');
  for (const { shards } of await openGroups(dir, manifest)) {
    for (let start = 0; start < shards.bytes; start += hashedLength) {
      hash.update(readRange(shards, start, Math.min(hashedLength, shards.bytes - start)));
    }
  }
  return hash.digest('hex');
}

/** What was written: the manifest for model.json, the sha-256 of all shards in order (hex), and their size. */
export interface WrittenWeights {
  readonly manifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly ManifestWeight[];
  }[];
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Writes weights as shards of 4 MiB, piece by piece.
 * @param quantize how matrices and kernels are stored; absent: all in single precision
 * @throws FinetuneError `bad-weights` where a weight holds NaN or infinity
 */
export async function writeWeights(
  dir: string,
  sources: readonly WeightSource[],
  quantize: QuantizedType | undefined,
): Promise<WrittenWeights> {
  const stored = sources.map(source => ({ source, form: planStoredForm(source, quantize) }));
  const weights = stored.map(({ source: { name, shape }, form }): ManifestWeight => {
    if (form === undefined) return { name, shape, dtype: 'float32' };
    return { name, shape, dtype: 'float32', quantization: { ...form, original_dtype: 'float32' } };
  });
  const total = weights.reduce((bytes, weight) => bytes + storedLength(weight), 0);
  function* pieces() {
    for (const { source, form } of stored) {
      for (const piece of checkedPieces(source)) yield encodePiece(piece, form);
    }
  }
  const { paths, sha256, bytes } = await writeShards(dir, total, pieces());
  return { manifest: [{ paths, weights }], sha256, bytes };
}
