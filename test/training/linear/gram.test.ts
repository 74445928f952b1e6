// Products of images with each other, kept while kinds of features are compared.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../../src/engines/start.js';
import { dataInMemory, type FeatureGroup } from '../../../src/training/data.js';
import { computeGram, GroupGrams } from '../../../src/training/linear/gram.js';
import { seededRandom } from '../../../src/training/random.js';
import { planScaling } from '../../../src/training/scaling.js';

const images = 7;
const sizes = [5, 3, 4] as const;

before(async () => {
  await startEngine('wasm');
});

/** Features of the first groups, scaled as those say. */
async function scaledImages(groups: readonly FeatureGroup[]) {
  const random = seededRandom(3);
  const all = Float32Array.from({ length: images * 12 }, () => random());
  const width = groups.reduce((sum, { size }) => sum + size, 0);
  const features = all.filter((_, i) => i % 12 < width);
  const data = { ...dataInMemory(features, new Int32Array(images), [width]), groups };
  return { features, images, scaling: await planScaling(data) };
}

const kinds = [[1], [1, 1, 1], [1, 1.3, 0.8]];

test('products that are kept per group give what multiplying all features again gives', async () => {
  const grams = new GroupGrams();
  const tensors = tf.memory().numTensors;
  for (const weights of kinds) {
    const groups = weights.map((weight, i) => ({ size: sizes[i] ?? 0, weight }));
    const given = await scaledImages(groups);
    const [kept, again] = [grams.sum(given, groups), computeGram(given)];
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(kept, again))).dataSync()[0]);
    assert.ok(difference !== undefined && difference < 1e-5, `${weights}: ${difference}`);
    kept.dispose();
    again.dispose();
  }
  grams.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});
