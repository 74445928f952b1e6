// The one place where pixels become network input.

import type { Pixels, Preprocessing } from './image-rules.js';

/**
 * Writes pixels as network input: channel order, then `(x - mean) / std` per channel.
 * @param target takes `[height, width, 3]` float32 from `offset` on
 */
export function preprocess(
  { data }: Pixels,
  preprocessing: Preprocessing,
  target: Float32Array,
  offset: number,
): void {
  const [first, second, third] = lookupTables(preprocessing);
  const [a, b, c] = preprocessing.channelOrder === 'RGB' ? [0, 1, 2] : [2, 1, 0];
  for (let i = 0; i < data.length; i += 3) {
    target[offset + i] = first[data[i + a!]!]!;
    target[offset + i + 1] = second[data[i + b!]!]!;
    target[offset + i + 2] = third[data[i + c!]!]!;
  }
}

/** `[images.length, height, width, 3]` of images of one size. */
export function preprocessBatch(images: readonly Pixels[], preprocessing: Preprocessing): Float32Array {
  const length = images[0]?.data.length ?? 0;
  const target = new Float32Array(images.length * length);
  images.forEach((image, i) => {
    preprocess(image, preprocessing, target, i * length);
  });
  return target;
}

type Tables = readonly [Float32Array, Float32Array, Float32Array];

const tablesOf = new WeakMap<Preprocessing, Tables>();

/** Per output channel, the input value of each of the 256 byte values. */
function lookupTables(preprocessing: Preprocessing): Tables {
  const known = tablesOf.get(preprocessing);
  if (known !== undefined) return known;
  const table = (channel: 0 | 1 | 2) =>
    Float32Array.from(
      { length: 256 },
      (_, value) => (value - preprocessing.mean[channel]) / preprocessing.std[channel],
    );
  const tables: Tables = [table(0), table(1), table(2)];
  tablesOf.set(preprocessing, tables);
  return tables;
}
