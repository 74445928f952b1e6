// MixUp.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { startEngine } from '../../src/engines/start.js';
import { tf } from '../../src/engines/tfjs.js';
import { computeGradients } from '../../src/training/gradients.js';
import { headNetwork } from '../../src/training/head.js';
import { plainLoss } from '../../src/training/loss.js';
import { drawBeta, mixBatch } from '../../src/training/mixup.js';
import { type Batch, openModel } from '../../src/training/model.js';
import { seededRandom } from '../../src/training/random.js';

before(() => startEngine('wasm'));

for (const alpha of [0.2, 1, 3]) {
  test(`Beta(${alpha}, ${alpha}) has the mean and the variance that it should have`, () => {
    const random = seededRandom(1);
    const drawn = Array.from({ length: 20_000 }, () => drawBeta(alpha, random));
    const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
    const variance = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / drawn.length;
    assert.ok(Math.abs(mean - 0.5) < 0.01, `${mean}`);
    assert.ok(Math.abs(variance * 4 * (2 * alpha + 1) - 1) < 0.05, `${variance}`);
  });
}

/** Image i is full of i, and of class i. */
const images = 6;
const batch = {
  features: Float32Array.from({ length: images * 4 }, (_, i) => Math.floor(i / 4)),
  shape: [2, 2],
  labels: Array.from({ length: images }, (_, i) => i),
};

test('Every image is mixed with one of the batch, counts at least half itself, and so do labels', () => {
  const { features, labels, mixed } = mixBatch(batch, 1, seededRandom(4));
  const { weight = 0, labels: others = [] } = mixed ?? {};
  assert.ok(weight > 0 && weight <= 0.5);
  assert.deepEqual(labels, batch.labels);
  assert.deepEqual([...others].sort(), batch.labels);
  const expected = labels.flatMap((own, i) =>
    new Array<number>(4).fill((1 - weight) * own + weight * (others[i] ?? 0)),
  );
  assert.deepEqual(features, Float32Array.from(expected));
});

test('The same sequence mixes alike, and the batch itself stays as it is', () => {
  const before = batch.features.slice();
  assert.deepEqual(mixBatch(batch, 0.4, seededRandom(4)), mixBatch(batch, 0.4, seededRandom(4)));
  assert.deepEqual(batch.features, before);
});

test('The loss is that of both labels, each by what it counts', async () => {
  const head = { hidden: [], dropout: 0, classes: images };
  const random = seededRandom(5);
  const kernel = Float32Array.from({ length: 4 * images }, () => random() - 0.5);
  const flat = { ...batch, shape: [4] };
  const model = await openModel(headNetwork([4], head, [{ kernel, bias: new Float32Array(images) }]));
  const lossOf = (part: Batch) => {
    const { gradients, loss } = computeGradients(model, { ...part, share: 1 }, plainLoss);
    tf.dispose([...gradients]);
    return loss;
  };
  const whole = mixBatch(flat, 1, seededRandom(4));
  const { weight = 0, labels: others = [] } = whole.mixed ?? {};
  const { mixed, ...own } = whole;
  const expected = (1 - weight) * lossOf(own) + weight * lossOf({ ...own, labels: others });
  assert.ok(Math.abs(lossOf({ ...own, mixed }) - expected) < 1e-6);
  model.dispose();
});
