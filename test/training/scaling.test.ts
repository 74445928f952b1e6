// Scaling of features, and its folding into a dense layer.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { DenseWeights } from '../../src/training/head.js';
import { foldScaling, planScaling, scaleRows } from '../../src/training/scaling.js';

const raw = Float32Array.of(1, 100, 5, 3, 300, 5, 2, 200, 5, 6, 400, 5); // [4, 3]
const rows = [0, 1, 2, 3];

function columnOf(values: Float32Array, column: number): number[] {
  return rows.map(row => values[row * 3 + column]!);
}

const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
const variance = (values: readonly number[]) => mean(values.map(each => (each - mean(values)) ** 2));

test('Scaled features are centred and have a mean variance of 1', () => {
  const scaled = scaleRows(raw, planScaling(raw, 3), rows);
  for (const column of [0, 1, 2]) assert.ok(Math.abs(mean(columnOf(scaled, column))) < 1e-6);
  assert.ok(Math.abs(mean([0, 1, 2].map(column => variance(columnOf(scaled, column)))) - 1) < 1e-6);
});

test('A feature that hardly varies stays small, one that never does becomes 0', () => {
  const scaled = scaleRows(raw, planScaling(raw, 3), rows);
  assert.ok(variance(columnOf(scaled, 0)) < 0.01 * variance(columnOf(scaled, 1)));
  assert.deepEqual(columnOf(scaled, 2), [0, 0, 0, 0]);
});

test('Some columns of some rows can be scaled alone', () => {
  const scaling = planScaling(raw, 3);
  const all = scaleRows(raw, scaling, rows);
  assert.deepEqual([...scaleRows(raw, scaling, [2, 0], 1, 3)], [all[7], all[8], all[1], all[2]]);
});

test('The folded layer answers on raw features as the layer does on scaled ones', () => {
  const scaling = planScaling(raw, 3);
  const dense = { kernel: Float32Array.of(1, -2, 0.5, 3, 2, 2), bias: Float32Array.of(0.1, -4) }; // [3, 2]
  const answers = (features: Float32Array, { kernel, bias }: DenseWeights) =>
    rows.flatMap(row =>
      [0, 1].map(
        unit => bias[unit]! + mean([0, 1, 2].map(j => 3 * features[row * 3 + j]! * kernel[j * 2 + unit]!)),
      ),
    );
  const expected = answers(scaleRows(raw, scaling, rows), dense);
  answers(raw, foldScaling(dense, scaling)).forEach((answer, i) => {
    assert.ok(Math.abs(answer - expected[i]!) < 1e-5, `${answer} ${expected[i]}`);
  });
});
