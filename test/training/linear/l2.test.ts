// How the l2 is searched for, and what is learnt on the way.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { startEngine } from '../../../src/engines/start.js';
import { silent } from '../../../src/system/context.js';
import { crossValidate } from '../../../src/training/linear/solve.js';
import { clusterData } from '../clusters.js';

before(() => startEngine('wasm'));

const heldOutOf = async (perClass: number) => {
  const data = clusterData({ perClass, classes: 3, size: 4, spread: 0.9 });
  const features = data.matrix?.() ?? new Float32Array();
  const { heldOut = [] } = await crossValidate({ ...data, features }, { classes: 3, seed: 1, ...silent });
  return heldOut;
};

test('Every image is held out once, by one of five folds', async () => {
  const heldOut = await heldOutOf(20);
  assert.equal(heldOut.length, 60);
  assert.deepEqual([...new Set(heldOut.map(({ fold }) => fold))].sort(), [0, 1, 2, 3, 4]);
});

test('With thousands of images one fold of a fifth is held out', async () => {
  const heldOut = await heldOutOf(1000);
  assert.equal(heldOut.length, 600);
  assert.ok(heldOut.every(({ fold }) => fold === 0));
});
