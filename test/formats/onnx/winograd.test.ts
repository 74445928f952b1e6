// Convolutions by Winograd's algorithm against the same ones done directly.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as layers from '@tensorflow/tfjs-layers';
import { planVgg16 } from '../../../src/backbones/architectures/vgg.js';
import { compileFastGraph, compileGraph, compileOnnx } from '../../../src/formats/onnx/compile.js';
import type { OnnxGraph } from '../../../src/formats/onnx/graph.js';
import { openSession } from '../../../src/inference/session.js';
import { withSession } from '../../../src/inference/temporary-model.js';
import { cutAt } from '../../../src/network/cut.js';
import type { Network } from '../../../src/network/network.js';
import { madeUpNetwork } from '../../helpers/made-up-weights.js';
import { networkOf, randomNumbers } from '../../helpers/tfjs-network.js';
import { assertClose, type Build } from './parity.js';

const make = layers.layers;

/** First enough channels for the next convolution to be worth it. */
const widen = (filters = 64) => make.conv2d({ filters, kernelSize: 1, activation: 'relu' });
const large = (config: object = {}) =>
  make.conv2d({ filters: 128, kernelSize: 3, padding: 'same', ...config });

function build(shape: readonly (number | null)[], ...parts: { apply(x: layers.SymbolicTensor): unknown }[]) {
  const input = layers.input({ shape: [...shape] });
  const chain: Build = x => parts.reduce((y, part) => part.apply(y) as layers.SymbolicTensor, x);
  return networkOf(layers.model({ inputs: input, outputs: chain(input) }));
}

const countProducts = ({ nodes }: OnnxGraph) => nodes.filter(({ op }) => op === 'MatMul').length;
/** Kernels in Winograd's domain, products with them, and back. */
const productsPerConvolution = 3;

async function assertSame(network: Network, [height, width]: readonly [number, number], count: number) {
  const shape = [2, height, width, 3] as const;
  const random = randomNumbers(3);
  const images = Float32Array.from({ length: 2 * height * width * 3 }, () => 6 * random());
  const fast = compileFastGraph(network);
  assert.equal(countProducts(fast), count * productsPerConvolution);
  const direct = await openSession(compileOnnx(network));
  const expected = await direct.run(images, shape);
  await direct.release();
  const output = await withSession(fast, {}, session => session.run(images, shape));
  assert.deepEqual(output.shape, expected.shape);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assertClose(
    output.data.map(value => value / largest),
    expected.data.map(value => value / largest),
    2e-5,
  );
}

describe('A large convolution by Winograd gives what it gives directly', () => {
  const residual = { apply: (x: layers.SymbolicTensor) => make.add().apply([large().apply(x), x] as never) };
  const cases: Readonly<Record<string, [[number, number], number, ...{ apply(x: never): unknown }[]]>> = {
    'in whole tiles': [[32, 28], 1, widen(), large({ activation: 'relu' })],
    'over the edge of the last tile': [[33, 30], 1, widen(), large()],
    'without padding': [[31, 32], 1, widen(), large({ padding: 'valid' })],
    'without a bias': [[28, 28], 1, widen(), large({ useBias: false })],
    'with padding from another layer': [
      [29, 29],
      1,
      widen(),
      make.zeroPadding2d({
        padding: [
          [2, 0],
          [1, 1],
        ],
      }),
      large({ padding: 'valid' }),
    ],
    'with batch normalisation': [[28, 28], 1, widen(), large(), make.batchNormalization({})],
    'several in a row, pooled': [
      [60, 57],
      2,
      widen(),
      large({ activation: 'relu' }),
      make.maxPooling2d({ poolSize: 2 }),
      large({ activation: 'elu' }),
    ],
    'beside what it is added to': [[28, 30], 1, widen(128), residual],
  };
  for (const [title, [size, count, ...parts]] of Object.entries(cases)) {
    test(title, () => assertSame(build([...size, 3], ...(parts as [])), size, count));
  }

  test('VGG16 blocks 1 to 3', async () => {
    const topology = planVgg16({ inputSize: [112, 116], includeTop: false });
    await assertSame(cutAt(madeUpNetwork(topology), 'block3_pool'), [112, 116], 5);
  });
});

describe('A convolution stays as it is', () => {
  for (const [title, shape, ...parts] of [
    ['with few channels', [32, 32, 3], widen(32), large()],
    ['on a small map', [27, 28, 3], widen(), large()],
    ['with a stride', [64, 64, 3], widen(), large({ strides: 2 })],
    ['with dilation', [64, 64, 3], widen(), large({ dilationRate: 2 })],
    ['of one pixel', [32, 32, 3], widen(), large({ kernelSize: 1 })],
    ['by channel', [32, 32, 3], widen(), make.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 })],
    ['when the size of its map is open', [null, null, 3], widen(), large()],
  ] as const) {
    test(title, () => {
      const network = build(shape, ...parts);
      assert.deepEqual(compileFastGraph(network).nodes, compileGraph(network).nodes);
    });
  }
});

test('a graph that was run leaves no file behind', async t => {
  const { TMPDIR } = process.env;
  const folder = mkdtempSync(join(tmpdir(), 'finetune-winograd-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  process.env.TMPDIR = folder;
  const graph = compileGraph(build([8, 8, 3], widen()));
  assert.equal(await withSession(graph, {}, async () => readdirSync(folder).length), 1);
  await assert.rejects(
    withSession(graph, {}, () => Promise.reject(new Error('stop'))),
    /stop/,
  );
  assert.deepEqual(readdirSync(folder), []);
});
