import assert from 'node:assert/strict';
import test from 'node:test';
import { renderCrossValidation } from '../../src/report/cross-validation.js';
import { computeMetrics } from '../../src/training/metrics.js';

const crossValidation = {
  ...{ folds: 5, images: 480, accuracy: 0.93542, deviation: 0.01798, accuracies: [], loss: 0.2 },
};

const validationOf = (images: number) =>
  computeMetrics(new Float32Array(2 * images).fill(0.5), new Int32Array(images), ['cat', 'dog']);

test('beside the accuracy on few validation images stands the cross-validated one, with its spread', () => {
  assert.equal(
    renderCrossValidation({ crossValidation, val: validationOf(120) }),
    'Cross-validated accuracy 0.9354 ± 0.0180 (5 folds of 480 training images).',
  );
});

test('without validation images it is all there is; a single fold has no spread', () => {
  const single = { ...crossValidation, folds: 1, deviation: undefined };
  assert.match(renderCrossValidation({ crossValidation: single, val: undefined }), / 0\.9354 \(one fold of/);
});

test('many validation images need no other witness, and what was not worked out is not said', () => {
  assert.equal(renderCrossValidation({ crossValidation, val: validationOf(300) }), '');
  assert.equal(renderCrossValidation({ crossValidation: undefined, val: validationOf(10) }), '');
});
