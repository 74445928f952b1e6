// A data set as a weight that is read in pieces, whatever float type it is stored in.

import { FinetuneError } from '../../../errors.js';
import { elementCount, type WeightSource } from '../../../network/source.js';
import { decodeBfloat16, decodeFloat16 } from '../../tfjs-weights/float16.js';
import type { DatasetInfo, Hdf5File } from './file.js';

/** Values of one piece; 4 MiB of single precision. */
const pieceLength = 1_048_576;

/**
 * The weight at a path.
 * @throws FinetuneError `bad-weights` when nothing stands there, or no floats
 */
export function openWeight(file: Hdf5File, path: string): WeightSource {
  if (file.kindOf(path) !== 'dataset') {
    throw new FinetuneError(
      'bad-weights',
      `The weight ${path} is missing in ${file.label}. The file is damaged or of another architecture.`,
    );
  }
  const info = file.dataset(path);
  return { name: path, shape: info.shape, read: () => readPieces(file, info) };
}

function* readPieces(file: Hdf5File, info: DatasetInfo): Iterable<Float32Array> {
  if (info.kind === 'other') {
    throw new FinetuneError(
      'bad-weights',
      `The weight ${info.path} in ${file.label} holds no floating-point numbers. Expected float16, bfloat16, float32 or float64: save the model without quantization.`,
    );
  }
  for (const { offset, count } of blocksOf(info.shape)) {
    yield toSingle(file.readBlock(info, offset, count), info);
  }
}

interface Block {
  readonly offset: readonly number[];
  readonly count: readonly number[];
}

/** Cuts an array into blocks of at most `pieceLength` values that follow each other in memory order. */
function* blocksOf(shape: readonly number[]): Iterable<Block> {
  const axis = shape.findIndex((_, i) => elementCount(shape.slice(i + 1)) <= pieceLength);
  const [length, ...inner] = axis < 0 ? [] : shape.slice(axis);
  if (length === undefined) {
    yield { offset: [], count: [] };
    return;
  }
  const step = Math.max(Math.floor(pieceLength / Math.max(elementCount(inner), 1)), 1);
  const before = shape.slice(0, axis);
  for (let outer = 0; outer < elementCount(before); outer++) {
    for (let start = 0; start < length; start += step) {
      yield {
        offset: [...indicesOf(outer, before), start, ...inner.map(() => 0)],
        count: [...before.map(() => 1), Math.min(step, length - start), ...inner],
      };
    }
  }
}

/** The index per axis of the n-th element, row-major. */
function indicesOf(position: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = position;
  for (const size of shape.toReversed()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}

function toSingle({ buffer }: Uint8Array<ArrayBuffer>, { kind, size }: DatasetInfo): Float32Array {
  if (kind === 'int8') return new Float32Array(new Int8Array(buffer));
  if (kind === 'bfloat16') return decodeBfloat16(new Uint16Array(buffer));
  if (size === 4) return new Float32Array(buffer);
  return size === 2 ? decodeFloat16(new Uint16Array(buffer)) : new Float32Array(new Float64Array(buffer));
}
