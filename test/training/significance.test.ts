// When a tuned classifier counts as better.
import assert from 'node:assert/strict';
import test from 'node:test';
import { compareClassifiers, fallInErrors } from '../../src/training/significance.js';

/** Predictions on images of class 0 of two: probabilities of class 0. */
const predict = (ofLabel: readonly number[]) => Float32Array.from(ofLabel.flatMap(each => [each, 1 - each]));

const repeat = (value: number, count: number) => new Array<number>(count).fill(value);

function compare(before: readonly number[], after: readonly number[]) {
  const labels = new Int32Array(before.length);
  return compareClassifiers({ labels, before: predict(before), after: predict(after) }, 1);
}

const before = [...repeat(0.9, 80), ...repeat(0.4, 20)];

const cases: { name: string; after: number[]; isBetter: boolean }[] = [
  { name: 'the same', after: before, isBetter: false },
  { name: 'fifteen mistakes fewer', after: [...repeat(0.9, 95), ...repeat(0.4, 5)], isBetter: true },
  {
    name: 'two mistakes fewer, three new ones',
    after: [...repeat(0.4, 3), ...repeat(0.9, 79), ...repeat(0.4, 18)],
    isBetter: false,
  },
  {
    name: 'one mistake fewer, and less sure of the others',
    after: [...repeat(0.8, 80), 0.6, ...repeat(0.4, 19)],
    isBetter: false,
  },
  {
    name: 'surer of what is right, with one more mistake',
    after: [0.45, ...repeat(1, 79), ...repeat(0.4, 20)],
    isBetter: false,
  },
];

for (const { name, after, isBetter } of cases) {
  test(`${name}: ${isBetter ? '' : 'not '}better`, () => {
    const verdict = compare(before, after);
    assert.equal(verdict.isBetter, isBetter, JSON.stringify(verdict));
  });
}

test('A few images prove nothing', () => {
  assert.equal(compare([0.4, 0.9], [0.6, 0.9]).isBetter, false);
  assert.equal(compare([], []).isBetter, false);
});

test('The same comparison gives the same p-value', () => {
  const after = [...repeat(0.9, 82), ...repeat(0.4, 18)];
  assert.equal(compare(before, after).pValue, compare(before, after).pValue);
});

test('a fall of losses counts in standard errors of its mean', () => {
  const before = [1, 2, 3, 4];
  assert.equal(fallInErrors(before, before), 0);
  assert.ok(fallInErrors(before, [0.5, 1.4, 2.6, 3.5]) > 2);
  assert.ok(Math.abs(fallInErrors(before, [2, 1, 4, 3])) < 1);
});
