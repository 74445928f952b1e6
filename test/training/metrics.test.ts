// Metrics against tables counted by hand.
import assert from 'node:assert/strict';
import test from 'node:test';
import { computeMetrics } from '../../src/training/metrics.js';

const names = ['cat', 'dog', 'bird'];

/** A probability of .8 for each prediction, .1 for the others. */
function predicting(predictions: readonly number[]): Float32Array {
  return Float32Array.from(
    predictions.flatMap(prediction => [0, 1, 2].map(label => (label === prediction ? 0.8 : 0.1))),
  );
}

//                            is: cat ------- dog ---- bird
const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 2);
const metrics = computeMetrics(predicting([0, 0, 0, 1, 1, 1, 0, 0]), labels, names);

test('The confusion matrix has a row per class and a column per prediction', () => {
  assert.deepEqual(metrics.confusion, [
    [3, 1, 0],
    [1, 2, 0],
    [1, 0, 0],
  ]);
});

test('Accuracy is the share of right predictions, loss the mean logarithm of the probabilities of what is right', () => {
  assert.equal(metrics.accuracy, 5 / 8);
  const expected = -(5 * Math.log(0.8) + 3 * Math.log(0.1)) / 8;
  assert.ok(Math.abs(metrics.loss - expected) < 1e-6);
});

test('Precision, recall and F1 per class; a class that is never predicted has a precision of 0', () => {
  assert.deepEqual(metrics.perClass, [
    { name: 'cat', precision: 3 / 5, recall: 3 / 4, f1: 6 / 9, support: 4 },
    { name: 'dog', precision: 2 / 3, recall: 2 / 3, f1: 4 / 6, support: 3 },
    { name: 'bird', precision: 0, recall: 0, f1: 0, support: 1 },
  ]);
  assert.deepEqual(metrics.macro, {
    precision: (3 / 5 + 2 / 3) / 3,
    recall: (3 / 4 + 2 / 3) / 3,
    f1: (6 / 9 + 4 / 6) / 3,
  });
});

test('A class without images does not count in the means', () => {
  const { macro, perClass } = computeMetrics(predicting([0, 1]), Int32Array.of(0, 1), names);
  assert.deepEqual(macro, { precision: 1, recall: 1, f1: 1 });
  assert.equal(perClass[2]!.support, 0);
});

test('Being surely wrong costs much, but not everything', () => {
  const { loss } = computeMetrics(Float32Array.of(1, 0), Int32Array.of(1), ['a', 'b']);
  assert.ok(Math.abs(loss + Math.log(1e-7)) < 1e-6);
});
