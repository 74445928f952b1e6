// A network that looks at each image and its mirror: in tfjs, in ONNX Runtime, and as two predictions that are averaged.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { compileGraph, compileOnnx } from '../../src/formats/onnx/compile.js';
import { encodeModel } from '../../src/formats/onnx/encode.js';
import { averageGraphOverMirror } from '../../src/formats/onnx/mirror.js';
import { toArtifacts } from '../../src/formats/tfjs-layers/layers-model.js';
import { averageOverMirror as averageSession } from '../../src/inference/mirrored-session.js';
import { openSession, type Session } from '../../src/inference/session.js';
import { averageOverMirror } from '../../src/network/mirror.js';
import type { Network } from '../../src/network/network.js';
import { pruneNetwork } from '../../src/network/prune.js';
import { assertClose } from '../formats/onnx/parity.js';
import { networkOf, randomNumbers } from '../helpers/tfjs-network.js';

/** Convolutions that know left from right, a branch, and a batch normalization. */
function smallNetwork(): Network {
  const input = layers.input({ shape: [6, 8, 3] });
  const first = layers.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(input);
  const normal = layers.layers.batchNormalization().apply(first) as layers.SymbolicTensor;
  const other = layers.layers.conv2d({ filters: 4, kernelSize: [1, 3], padding: 'same' }).apply(normal);
  const sum = layers.layers.add().apply([normal, other as layers.SymbolicTensor]);
  const pooled = layers.layers.flatten().apply(sum);
  const outputs = layers.layers.dense({ units: 3, activation: 'softmax' }).apply(pooled);
  return networkOf(layers.model({ inputs: input, outputs: outputs as layers.SymbolicTensor }));
}

const network = smallNetwork();
const mirrored = averageOverMirror(network);
const random = randomNumbers(3);
const images = Float32Array.from({ length: 2 * 6 * 8 * 3 }, () => 4 * random());
const shape = [2, 6, 8, 3] as const;

async function run(open: Session | Uint8Array): Promise<Float32Array> {
  const session = open instanceof Uint8Array ? await openSession(open) : open;
  const { data } = await session.run(images, shape);
  await session.release();
  return data;
}

const once = () => run(compileOnnx(network));

/** The mean of two predictions, of which the second is of images that are turned in advance. */
async function expectedOf(): Promise<number[]> {
  const session = await openSession(compileOnnx(network));
  const turned = tf.reverse(tf.tensor4d(images, [...shape]), 2).dataSync<'float32'>();
  const [one, other] = [await session.run(images, shape), await session.run(turned, shape)];
  await session.release();
  return Array.from(one.data, (value, i) => (value + (other.data[i] ?? 0)) / 2);
}

const ways: [name: string, run: () => Promise<ArrayLike<number>>][] = [
  ['the layers in ONNX Runtime', () => run(compileOnnx(mirrored))],
  [
    'the graph of the plain network, as a batch',
    () => run(encodeModel(averageGraphOverMirror(compileGraph(network)))),
  ],
  ['a session that looks twice', async () => run(averageSession(await openSession(compileOnnx(network))))],
  [
    'the layers in tfjs',
    async () => {
      const model = await layers.loadLayersModel(tf.io.fromMemory(toArtifacts(mirrored)));
      const prediction = model.predict(tf.tensor4d(images, [...shape]));
      return (Array.isArray(prediction) ? prediction[0]! : prediction).dataSync();
    },
  ],
];

for (const [name, predict] of ways) {
  test(`the mean over an image and its mirror: ${name}`, async () => {
    const expected = await expectedOf();
    assertClose(await predict(), expected, 1e-6);
    assert.ok((await once()).some((value, i) => Math.abs(value - (expected[i] ?? 0)) > 0.01));
  });
}

test('weights are the same arrays, and the first calls are those of the plain network', async () => {
  for (const [name, { data }] of network.weights) assert.equal(mirrored.weights.get(name)?.data, data);
  const [output] = network.topology.config.output_layers;
  const plain = pruneNetwork(mirrored, output ? [output] : []);
  assertClose(await run(compileOnnx(plain)), await once(), 1e-6);
});
