// The catalogue's networks, prepared from files that Keras saved, against Keras' own outputs with the same random weights.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogue } from '../../src/backbones/catalogue.js';
import { preprocessInput } from '../../src/backbones/preprocessing.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { openSession } from '../../src/inference/session.js';
import { withInputShape } from '../../src/network/cut.js';
import { prepare } from '../../src/pipeline/prepare.js';
import { runKeras } from './keras.js';

/** The four layouts: weights-only HDF5 of Keras 1 and 2, whole-model HDF5, Keras 3's weights, Keras 3's archive. */
export const layouts = ['weights-only.h5', 'h5', 'weights.h5', 'keras'] as const;
export type Layout = (typeof layouts)[number];

export interface ParityCase {
  readonly includeTop: boolean;
  readonly size: readonly [height: number, width: number];
  readonly layouts: readonly Layout[];
}

export interface Parity extends Pick<ParityCase, 'includeTop' | 'size'> {
  readonly layout: Layout;
  /** Largest absolute difference of an output. */
  readonly difference: number;
  /** Largest absolute output. */
  readonly largest: number;
}

/** Shapes that are not square, odd where Keras pads by it; large where a network is small enough. */
const rectangles: Readonly<Record<string, readonly [number, number]>> = {
  vgg16: [640, 480],
  vgg19: [192, 256],
  resnet50: [192, 256],
  xception: [97, 129],
  inception_v3: [97, 129],
  inception_resnet_v2: [97, 129],
};

/** Networks that Keras has: with its top each takes `size`, without it anything, such as `smallSize`. Widths of one are one. */
export const kerasNetworks = catalogue
  .filter(({ name }) => name !== 'squeezenet' && !/_0\.\d+$/.test(name))
  .map(({ name, size }) => ({ name, size, smallSize: rectangles[name] ?? ([65, 97] as const) }));

/**
 * Lets Keras save a network in these layouts and run it, then prepares each file and runs that, too.
 * @param dir an empty folder; the files in it are removed one after the other
 */
export async function* measureParity(
  dir: string,
  name: string,
  cases: readonly ParityCase[],
): AsyncGenerator<Parity> {
  const asKerasNames = (chosen: readonly Layout[]) =>
    chosen.map(layout => layout.replace('weights-only.h5', 'weights')).join();
  const descriptions = cases.map(
    ({ includeTop, size, layouts: chosen }) =>
      `${includeTop ? 'top' : 'no-top'}:${size.join('x')}:${asKerasNames(chosen)}`,
  );
  runKeras('catalogue.py', [dir, name, ...descriptions]);
  for (const [i, { includeTop, size, layouts: chosen }] of cases.entries()) {
    const folder = join(dir, String(i));
    for (const layout of chosen) {
      const isWhole = layout === 'h5' || layout === 'keras';
      const file = join(folder, `${name}.${layout}`);
      const output = await run(folder, isWhole ? { from: file } : { name, includeTop, weights: file }, size);
      const expected = readFloats(join(folder, isWhole ? 'output.whole.bin' : 'output.weights.bin'));
      yield { includeTop, size, layout, ...compare(output, expected) };
      await rm(file);
    }
    await rm(folder, { recursive: true });
  }
}

async function run(
  dir: string,
  source: { from: string } | { name: string; includeTop: boolean; weights: string },
  size: ParityCase['size'],
): Promise<Float32Array> {
  const out = join(dir, 'prepared');
  const { card } = await prepare({ ...source, out, force: true });
  const session = await openSession(compileOnnx(withInputShape(await loadLayersModel(out), size)));
  const pixels = readFloats(join(dir, 'pixels.bin'));
  const { data } = await session.run(preprocessInput(pixels, card.preprocessing), [1, ...size, 3]);
  await session.release();
  return data;
}

function readFloats(path: string): Float32Array {
  const { buffer, byteOffset, length } = readFileSync(path);
  return new Float32Array(buffer, byteOffset, length / 4);
}

function compare(output: Float32Array, expected: Float32Array): Pick<Parity, 'difference' | 'largest'> {
  if (output.length !== expected.length) return { difference: Number.NaN, largest: Number.NaN };
  return {
    difference: expected.reduce((most, value, i) => Math.max(most, Math.abs(value - output[i]!)), 0),
    largest: expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}
