// Images that are unlike all others by their features.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { startEngine } from '../../src/engines/start.js';
import { silent } from '../../src/system/context.js';
import { cosineOfRows } from '../../src/training/feature-cosine.js';
import { findOutliers } from '../../src/training/outliers.js';
import { drawClusters } from './clusters.js';

before(() => startEngine('wasm'));

const { signal } = silent;

test('an image that lies elsewhere than all others is found', async () => {
  const { features, labels } = drawClusters({ perClass: 20, classes: 3, size: 8, spread: 0.2 });
  const find = () =>
    findOutliers(Float32Array.from(features.flat()), Int32Array.from(labels), { seed: 1, signal });
  assert.deepEqual(await find(), []);
  features[7] = [9, -9, 9, -9, -9, 9, -9, 9];
  assert.deepEqual(
    (await find()).map(({ row }) => row),
    [7],
  );
});

test('an image that has its like in another class only is found; one that is alone in its class is not', async () => {
  const { features, labels } = drawClusters({ perClass: 20, classes: 3, size: 8, spread: 0.2 });
  labels[7] = 2;
  labels[8] = 3;
  const options = { seed: 1, signal };
  const found = await findOutliers(Float32Array.from(features.flat()), Int32Array.from(labels), options);
  assert.deepEqual(
    found.map(({ row }) => row),
    [7],
  );
});

test('among few images nothing is unusual', async () => {
  assert.deepEqual(
    await findOutliers(Float32Array.from({ length: 40 }, Math.sin), new Int32Array(10), { seed: 1, signal }),
    [],
  );
});

test('the cosine of two rows is taken from the mean of all', () => {
  const cosine = cosineOfRows(Float32Array.of(11, 10, 9, 10, 10, 11, 10, 9), 2);
  assert.ok(Math.abs(cosine(0, 1) + 1) < 1e-6);
  assert.ok(Math.abs(cosine(0, 2)) < 1e-6);
});
