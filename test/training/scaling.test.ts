// Scaling of features, and its folding into a dense layer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { dataInMemory } from '../../src/training/data.js';
import type { DenseWeights } from '../../src/training/head.js';
import { foldScaling, planScaling, scaleColumns } from '../../src/training/scaling.js';
import { outOfMemory } from './clusters.js';

const raw = Float32Array.of(1, 100, 5, 3, 300, 5, 2, 200, 5, 6, 400, 5); // [4, 3]
const rows = [0, 1, 2, 3];
const data = dataInMemory(raw, new Int32Array(4), [3]);

function columnOf(values: Float32Array, column: number): number[] {
  return rows.map(row => values[row * 3 + column]!);
}

const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
const variance = (values: readonly number[]) => mean(values.map(each => (each - mean(values)) ** 2));

test('Scaled features are centred and have a mean variance of 1', async () => {
  const scaled = scaleColumns(raw, await planScaling(data));
  for (const column of [0, 1, 2]) assert.ok(Math.abs(mean(columnOf(scaled, column))) < 1e-6);
  assert.ok(Math.abs(mean([0, 1, 2].map(column => variance(columnOf(scaled, column)))) - 1) < 1e-6);
});

test('A feature that hardly varies stays small, one that never does becomes 0', async () => {
  const scaled = scaleColumns(raw, await planScaling(data));
  assert.ok(variance(columnOf(scaled, 0)) < 0.01 * variance(columnOf(scaled, 1)));
  assert.deepEqual(columnOf(scaled, 2), [0, 0, 0, 0]);
});

test('Some columns can be scaled alone', async () => {
  const scaling = await planScaling(data);
  const all = scaleColumns(raw, scaling);
  const expected = rows.flatMap(row => [all[row * 3 + 1], all[row * 3 + 2]]);
  assert.deepEqual([...scaleColumns(raw, scaling, { from: 1, to: 3 })], expected);
});

test('The scaling of features that do not fit in memory is the same to the bit', async () => {
  assert.deepEqual(await planScaling(outOfMemory(data)), await planScaling(data));
});

test('The folded layer gives on raw features what the layer gives on scaled ones', async () => {
  const scaling = await planScaling(data);
  const dense = { kernel: Float32Array.of(1, -2, 0.5, 3, 2, 2), bias: Float32Array.of(0.1, -4) }; // [3, 2]
  const outputs = (features: Float32Array, { kernel, bias }: DenseWeights) =>
    rows.flatMap(row =>
      [0, 1].map(
        unit => bias[unit]! + mean([0, 1, 2].map(j => 3 * features[row * 3 + j]! * kernel[j * 2 + unit]!)),
      ),
    );
  const expected = outputs(scaleColumns(raw, scaling), dense);
  outputs(raw, foldScaling(dense, scaling)).forEach((output, i) => {
    assert.ok(Math.abs(output - expected[i]!) < 1e-5, `${output} ${expected[i]}`);
  });
});

test('Groups of features are scaled each as a whole, then multiplied with their weight', async () => {
  const groups = [
    { size: 1, weight: 1 },
    { size: 2, weight: 3 },
  ];
  const scaled = scaleColumns(raw, await planScaling({ ...data, groups }));
  const [first = 0, ...others] = [0, 1, 2].map(column => variance(columnOf(scaled, column)));
  assert.ok(Math.abs(first - 1) < 1e-6);
  assert.ok(Math.abs(mean(others) - 9) < 1e-5);
});
