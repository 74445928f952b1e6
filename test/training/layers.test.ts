// Layers that are quicker here than as tfjs has them, and compute the same.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { planConvnet } from '../../src/backbones/architectures/convnet.js';
import { startEngine } from '../../src/engines/start.js';
import { toArtifacts } from '../../src/formats/tfjs-layers/layers-model.js';
import { NetworkBuilder } from '../../src/network/builder.js';
import type { Network } from '../../src/network/network.js';
import { drawWeights } from '../../src/training/initialize.js';
import { seedDropout } from '../../src/training/layers.js';
import { openModel } from '../../src/training/model.js';
import { seededRandom } from '../../src/training/random.js';
import { assertClose, random } from '../engines/compare.js';

/** Convolutions of every kind with batch normalization after them, one of which another layer sees without it. */
function normalizedNetwork(): Network {
  const build = new NetworkBuilder();
  const normalize = (x: Parameters<typeof build.batchNorm>[0]) =>
    build.relu6(build.batchNorm(x, { name: `${x.layer}_bn` }), `${x.layer}_relu`);
  const input = build.input('images', [15, 14, 2]);
  const biased = normalize(build.conv(input, { name: 'biased', filters: 6, size: 3, strides: 2 }));
  const plain = build.conv(biased, { name: 'plain', filters: 4, size: 1, use_bias: false });
  const doubled = normalize(
    build.depthwise(normalize(plain), { name: 'deep', size: 3, depth_multiplier: 2 }),
  );
  const seen = build.conv(doubled, { name: 'seen', filters: 8, size: 1 });
  const added = build.add('Add', [seen, normalize(seen)], { name: 'added' });
  const averaged = build.globalAveragePool(added, { name: 'average' });
  const end = build.dense(averaged, { name: 'predictions', units: 3, activation: 'softmax' });
  const drawn = drawWeights(build.topology('normalized', end), 1);
  const ofNormalization = /_bn\/|bias$/;
  const weights = [...drawn.weights].map(([name, weight], i) => {
    const values = () =>
      tf.tidy(() => tf.add(0.5, tf.abs(random([...weight.shape], i + 1))).dataSync<'float32'>());
    return [name, ofNormalization.test(name) ? { ...weight, data: values().slice() } : weight] as const;
  });
  return { ...drawn, weights: new Map(weights) };
}

const images = () => random([4, 15, 14, 2], 3);
const kinds = {
  'Bias and relu after the pooling': () =>
    drawWeights(planConvnet({ inputShape: [15, 14, 2], classes: 3 }), 1),
  'Batch normalization that is folded into kernels': normalizedNetwork,
};

before(async () => {
  await startEngine('auto');
});

for (const [what, build] of Object.entries(kinds)) {
  test(`${what}: probabilities and the gradients of all weights stay as they are`, async () => {
    const network = build();
    const models = [await openModel(network), await loadLayersModel(tf.io.fromMemory(toArtifacts(network)))];
    const [actual, expected] = models.map(model => (model.predict(images()) as tf.Tensor).dataSync());
    assertClose(actual!, expected!, 1e-6, 'probabilities');
    const trained = models[0]!.trainableWeights.map(weight => weight.originalName);
    const [gradients, plain] = models.map(gradientsOf);
    for (const name of trained) assertClose(gradients!.get(name)!, plain!.get(name)!, 1e-5, name);
    for (const model of models) model.dispose();
  });
}

function gradientsOf(model: LayersModel): Map<string, Float32Array> {
  const { grads } = tf.variableGrads(() => {
    const probabilities = model.apply(images(), { training: false }) as tf.Tensor;
    return tf.sum(tf.mul(probabilities, random([4, 3], 5))) as tf.Scalar;
  });
  return new Map(
    model.trainableWeights.map(weight => [
      weight.originalName,
      grads[(weight.read() as tf.Variable).name]!.dataSync<'float32'>(),
    ]),
  );
}

for (const activation of ['linear', 'swish', 'relu']) {
  test(`a dilated convolution with a bias and the activation ${activation} can be trained, and gives what tfjs gives`, async () => {
    const build = new NetworkBuilder();
    const input = build.input('images', [9, 8, 2]);
    const dilated = build.conv(input, {
      name: 'dilated',
      filters: 3,
      size: 3,
      dilation_rate: [2, 3],
      activation,
    });
    const network = drawWeights(build.topology('dilation', dilated), 1);
    const models = [await openModel(network), await loadLayersModel(tf.io.fromMemory(toArtifacts(network)))];
    const x = random([2, 9, 8, 2], 3);
    const [actual, expected] = models.map(model => (model.apply(x) as tf.Tensor).dataSync());
    assertClose(actual!, expected!, 1e-6, 'outputs');
    const loss = () => tf.sum(models[0]!.apply(x) as tf.Tensor) as tf.Scalar;
    const { grads } = tf.variableGrads(loss);
    assert.ok(Object.values(grads).every(gradient => gradient.dataSync().some(value => value !== 0)));
    for (const model of models) model.dispose();
  });
}

test('PReLU has the slopes of its axes, whichever share them', async () => {
  for (const shared of [[3], [1, 3], [1, 2]]) {
    const build = new NetworkBuilder();
    const slopes = build.add('PReLU', [build.input('images', [2, 3, 4])], {
      name: 'slopes',
      shared_axes: shared,
    });
    const shape = [2, 3, 4].map((size, axis) => (shared.includes(axis + 1) ? 1 : size));
    const alpha = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1);
    build.withWeights(slopes, { alpha: { shape, data: alpha } });
    const model = await openModel(build.network('prelu', slopes));
    const x = tf.fill([2, 2, 3, 4], -1);
    const apply = (each: tf.Tensor) => model.apply(each) as tf.Tensor;
    const expected = tf.broadcastTo(tf.tensor(alpha, [1, ...shape]), x.shape).dataSync();
    assertClose(
      apply(x).dataSync(),
      expected.map(value => -value),
      0,
      `outputs, shared ${shared}`,
    );
    assertClose(
      tf
        .grad(each => tf.sum(apply(each)))(x)
        .dataSync(),
      expected,
      0,
      `gradient, shared ${shared}`,
    );
    model.dispose();
  }
});

for (const name of ['Maximum', 'Minimum'])
  test(`${name} of a map and of one number a channel passes on what each is worth`, async () => {
    const build = new NetworkBuilder();
    const input = build.input('images', [2, 2, 1]);
    const mean = build.add('GlobalAveragePooling2D', [input], { name: 'mean', keepdims: true });
    const model = await openModel(
      build.network('merged', build.add(name, [input, mean], { name: 'merged' })),
    );
    const apply = (each: tf.Tensor) => model.apply(each) as tf.Tensor;
    // Their mean is 3; of what it gives, every pixel has a quarter.
    const x = tf.tensor([0, 1, 3.5, 7.5], [1, 2, 2, 1]);
    const [outputs, gradient] =
      name === 'Maximum'
        ? [
            [3, 3, 3.5, 7.5],
            [0.5, 0.5, 1.5, 1.5],
          ]
        : [
            [0, 1, 3, 3],
            [1.5, 1.5, 0.5, 0.5],
          ];
    assertClose(apply(x).dataSync(), outputs, 0, 'outputs');
    assertClose(
      tf
        .grad(each => tf.sum(apply(each)))(x)
        .dataSync(),
      gradient,
      1e-6,
      'gradient',
    );
    model.dispose();
  });

test('ThresholdedReLU passes the gradient on above its threshold, and nothing below', async () => {
  const build = new NetworkBuilder();
  const cut = build.add('ThresholdedReLU', [build.input('images', [1, 4, 1])], { name: 'cut', theta: 0.5 });
  const model = await openModel(build.network('thresholded', cut));
  const x = tf.tensor([-1, 0.25, 0.75, 2], [1, 1, 4, 1]);
  const apply = (each: tf.Tensor) => model.apply(each) as tf.Tensor;
  assertClose(apply(x).dataSync(), [0, 0, 0.75, 2], 0, 'outputs');
  assertClose(
    tf
      .grad(each => tf.sum(apply(each)))(x)
      .dataSync(),
    [0, 0, 1, 1],
    0,
    'gradient',
  );
  model.dispose();
});

test('dropout that nobody can seed drops nothing, so that a training can be repeated', async () => {
  const build = new NetworkBuilder();
  const rate = { rate: 0.5, noise_shape: [null, 1, 1, 2] };
  const dropped = build.dropout(build.input('images', [4, 4, 2]), { name: 'shaped', ...rate });
  const model = await openModel(build.network('unseeded', dropped));
  const given = tf.ones([8, 4, 4, 2]);
  const output = model.apply(given, { training: true }) as tf.Tensor;
  assert.deepEqual([...output.dataSync()], [...given.dataSync()]);
  model.dispose();
});

test('Dropout drops its share, makes up for it, and drops the same units for the same seed', async () => {
  const own = await openModel(kinds['Bias and relu after the pooling']());
  const dropout = own.layers.find(layer => layer.getClassName() === 'Dropout')!;
  const values = (seed: number): number[] => {
    seedDropout(own, seededRandom(seed));
    return [...(dropout.call(tf.ones([50, 100]), { training: true }) as tf.Tensor).dataSync()];
  };
  const first = values(1);
  const kept = first.filter(value => value === 2).length;
  assert.equal(first.filter(value => value === 0).length, 5000 - kept);
  assert.ok(Math.abs(kept - 2500) < 150, String(kept));
  assert.deepEqual(values(1), first);
  assert.notDeepEqual(values(2), first);
  const untouched = dropout.call(tf.ones([2]), { training: false }) as tf.Tensor;
  assert.deepEqual([...untouched.dataSync()], [1, 1]);
});
