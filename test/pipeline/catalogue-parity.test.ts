// The six networks with random weights against Keras' own answers: with and without top, every file layout, two shapes.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { withInputShape } from '../../src/backbones/cut.js';
import { preprocessInput } from '../../src/backbones/preprocessing.js';
import { loadLayersModel } from '../../src/keras/layers-model.js';
import { prepareBackbone } from '../../src/pipeline/prepare.js';
import { compileOnnx } from '../../src/runtime/onnx/compile.js';
import { openSession } from '../../src/runtime/session.js';
import { runKeras, withoutKeras } from '../helpers/keras.js';

const allLayouts = ['weights-only.h5', 'h5', 'weights.h5', 'keras'] as const;
const published = ['weights-only.h5'] as const;
type Layout = (typeof allLayouts)[number];

const networks = ['vgg16', 'vgg19', 'resnet50', 'mobilenet', 'mobilenet_v2', 'efficientnet_b0'];
/** Odd sizes where Keras pads by them. */
const rectangles: Record<string, readonly [number, number]> = {
  vgg16: [640, 480],
  mobilenet_v2: [193, 257],
  efficientnet_b0: [193, 257],
};

interface Case {
  readonly name: string;
  readonly includeTop: boolean;
  readonly size: readonly [number, number];
  readonly layouts: readonly Layout[];
}

const cases = networks.flatMap((name): Case[] => [
  { name, includeTop: false, size: [224, 224], layouts: allLayouts },
  { name, includeTop: false, size: rectangles[name] ?? [192, 256], layouts: published },
  { name, includeTop: true, size: [224, 224], layouts: published },
]);

for (const { name, includeTop, size, layouts } of cases) {
  const title = `${name} ${includeTop ? 'with' : 'without'} top at ${size.join('x')} answers as Keras does`;
  test(title, { skip: withoutKeras }, async t => {
    const dir = mkdtempSync(join(tmpdir(), 'finetune-parity-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const asKerasNames = layouts.map(layout => layout.replace('weights-only.h5', 'weights')).join();
    runKeras('catalogue.py', [dir, name, includeTop ? 'top' : 'no-top', ...size.map(String), asKerasNames]);
    for (const layout of layouts) {
      const output = await answer(dir, layout, { name, includeTop, size });
      const isWhole = layout === 'h5' || layout === 'keras';
      compare(t, layout, output, readFloats(join(dir, isWhole ? 'output.whole.bin' : 'output.weights.bin')));
    }
  });
}

async function answer(dir: string, layout: Layout, { name, includeTop, size }: Omit<Case, 'layouts'>) {
  const file = join(dir, `${name}.${layout}`);
  const source = layout === 'h5' || layout === 'keras' ? { from: file } : { name, includeTop, weights: file };
  const out = join(dir, 'prepared');
  const { card } = await prepareBackbone({ ...source, out, force: true, emit: () => undefined });
  const network = withInputShape(await loadLayersModel(out), size);
  const session = await openSession(compileOnnx(network));
  const pixels = readFloats(join(dir, 'pixels.bin'));
  const { data } = await session.run(preprocessInput(pixels, card.preprocessing), [1, ...size, 3]);
  await session.release();
  return data;
}

function readFloats(path: string): Float32Array {
  const { buffer, byteOffset, length } = readFileSync(path);
  return new Float32Array(buffer, byteOffset, length / 4);
}

function compare(t: TestContext, layout: Layout, output: Float32Array, expected: Float32Array): void {
  assert.equal(output.length, expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - output[i]!)), 0);
  t.diagnostic(`${layout}: ${difference.toExponential(1)} of ${largest.toPrecision(3)}`);
  assert.ok(largest > 1e-3, 'an answer of zeros proves nothing');
  assert.ok(difference <= 1e-5 * Math.max(largest, 1), `${layout}: ${difference} of ${largest}`);
}
