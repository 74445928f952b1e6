// What storing weights in fewer bits does to features.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layers from '@tensorflow/tfjs-layers';
import type { Card } from '../../src/backbones/card.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import { measureFeatureChange } from '../../src/features/feature-change.js';
import type { Network } from '../../src/network/network.js';
import { networkOf } from '../helpers/tfjs-network.js';

/** A convolution, and a top that is left out of account. */
function smallNetwork(): Network {
  const image = layers.input({ shape: [16, 16, 3] });
  const filters = layers.layers
    .conv2d({ filters: 4, kernelSize: 3, useBias: false, name: 'filters' })
    .apply(image);
  const pooled = layers.layers.globalAveragePooling2d({ name: 'pool' }).apply(filters);
  const top = layers.layers.dense({ units: 3, activation: 'softmax', name: 'top' }).apply(pooled);
  return networkOf(layers.model({ inputs: image, outputs: top as layers.SymbolicTensor, name: 'small' }));
}

const network = smallNetwork();
const card: Omit<Card, 'sha256'> = {
  formatVersion: 1,
  name: 'small',
  architecture: 'small',
  inputShape: [16, 16, 3],
  preprocessing: preprocessingModes.tf,
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  source: '',
  licence: '',
};

/** The network with one weight changed. */
function change(name: string, by: (value: number, i: number) => number): Network {
  const weights = [...network.weights].map(([key, weight]) => {
    return [key, key === name ? { ...weight, data: weight.data.map(by) } : weight] as const;
  });
  return { ...network, weights: new Map(weights) };
}

test('the same weights change nothing', async () => {
  assert.deepEqual(await measureFeatureChange(network, network, card), {
    ...{ cosineMean: 1, cosineLowest: 1, largest: 0 },
  });
});

test('larger features in the same direction show in the largest difference alone', async () => {
  const larger = await measureFeatureChange(
    network,
    change('filters/kernel', value => 1.5 * value),
    card,
  );
  assert.ok(larger.cosineLowest > 0.999999);
  assert.ok(Math.abs(larger.largest - 0.5) < 1e-4);
});

test('features in another direction show in the cosine', async () => {
  const turned = change('filters/kernel', (value, i) => (i % 4 === 0 ? -value : value));
  const { cosineMean, cosineLowest } = await measureFeatureChange(network, turned, card);
  assert.ok(cosineLowest <= cosineMean && cosineLowest < 0.999);
});

test('the top is left out of account', async () => {
  const { largest } = await measureFeatureChange(
    network,
    change('top/kernel', value => 9 * value),
    card,
  );
  assert.equal(largest, 0);
});
