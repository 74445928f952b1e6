// --folds, as a command gives it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../../src/options.js';
import { folds, validateFolds, validateFoldsInTime } from '../../../src/pipeline/train/folds-options.js';

for (const count of [1, 2.5, 21, 'many']) {
  test(`${count} is no number of folds`, () => {
    assert.throws(() => resolveOptions({ folds }, { folds: count }), {
      code: 'bad-option',
      message: /--folds expects a whole number from 2 to 20/,
    });
  });
}

test('what trains more than a head is not cross-validated', () => {
  const given = { folds: 5, val: undefined };
  assert.throws(() => validateFolds(given, false), {
    code: 'bad-option',
    message: /hold images out with --val/,
  });
  assert.doesNotThrow(() => validateFolds(given, true));
});

test('a budget of time goes with folds of a head that is solved, and not with trainings by epochs', () => {
  assert.throws(() => validateFoldsInTime({ folds: 5, time: 60 }, true), {
    code: 'bad-option',
    message: /--time .* --folds 5 trains 6 times: give one of them/,
  });
  assert.doesNotThrow(() => validateFoldsInTime({ folds: 5, time: 60 }, false));
  assert.doesNotThrow(() => validateFoldsInTime({ folds: 5, time: undefined }, true));
});
