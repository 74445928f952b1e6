// What heads say of images that they have not seen.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { startEngine } from '../../../src/engines/start.js';
import { silent } from '../../../src/system/context.js';
import { dataInMemory } from '../../../src/training/data.js';
import { findDoubtedLabels } from '../../../src/training/label-check.js';
import { predictHeldOut } from '../../../src/training/linear/cross-validation.js';
import { drawClusters } from '../clusters.js';

before(() => startEngine('wasm'));

const options = { perClass: 30, classes: 3, size: 8, spread: 0.3 };
const { features, labels } = drawClusters(options);
const matrix = Float32Array.from(features.flat());
const wrong = [4, 31, 50];
const given = Int32Array.from(labels, (label, row) => (wrong.includes(row) ? (label + 1) % 3 : label));

const predict = (groups: Int32Array, ofLabels = given) =>
  predictHeldOut(dataInMemory(matrix, ofLabels, [8]), matrix, { classes: 3, groups, seed: 1, ...silent });

test('wrong labels are found, with the right ones, and no others', async () => {
  const doubted = findDoubtedLabels(given, await predict(Int32Array.from(given.keys())));
  assert.deepEqual(
    doubted.map(({ row, proposed }) => [row, proposed]).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
    wrong.map(row => [row, labels[row]]),
  );
});

test('of a class whose images are all copies of one nothing is known', async () => {
  const groups = given.map((label, row) => (label === 2 ? -1 : row));
  const probabilities = await predict(groups);
  assert.ok(given.every((label, row) => Number.isNaN(probabilities[row * 3]) === (label === 2)));
});
