// The catalogue's networks, prepared from files that Keras saved, against Keras' own answers with the same random weights.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
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
  readonly name: string;
  readonly includeTop: boolean;
  readonly size: readonly [height: number, width: number];
}

export interface Parity {
  readonly layout: Layout;
  /** Largest absolute difference of an output. */
  readonly difference: number;
  /** Largest absolute output. */
  readonly largest: number;
}

/** Odd sizes where Keras pads by them. */
const rectangles: Readonly<Record<string, readonly [number, number]>> = {
  vgg16: [640, 480],
  vgg19: [192, 256],
  resnet50: [192, 256],
  mobilenet: [192, 256],
  mobilenet_v2: [193, 257],
  efficientnet_b0: [193, 257],
};

/** Six architectures: without top at 224x224 and at one rectangular shape, and with top. */
export const parityCases: readonly ParityCase[] = Object.entries(rectangles).flatMap(([name, rectangle]) => [
  { name, includeTop: false, size: [224, 224] },
  { name, includeTop: false, size: rectangle },
  { name, includeTop: true, size: [224, 224] },
]);

/**
 * Lets Keras save the network in these layouts and answer once, then prepares each file and answers, too.
 * @param dir an empty folder; the files in it are removed one after the other
 */
export async function* measureParity(
  dir: string,
  { name, includeTop, size }: ParityCase,
  chosen: readonly Layout[] = layouts,
): AsyncGenerator<Parity> {
  const asKerasNames = chosen.map(layout => layout.replace('weights-only.h5', 'weights')).join();
  runKeras('catalogue.py', [dir, name, includeTop ? 'top' : 'no-top', ...size.map(String), asKerasNames]);
  for (const layout of chosen) {
    const isWhole = layout === 'h5' || layout === 'keras';
    const file = join(dir, `${name}.${layout}`);
    const output = await answer(dir, isWhole ? { from: file } : { name, includeTop, weights: file }, size);
    const expected = readFloats(join(dir, isWhole ? 'output.whole.bin' : 'output.weights.bin'));
    yield { layout, ...compare(output, expected) };
    await rm(file);
  }
}

async function answer(
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
