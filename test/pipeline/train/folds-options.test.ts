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

test('folds hold every image out, so that none is held out for good', () => {
  assert.throws(() => validateFolds({ folds: 5, val: 0.2 }), {
    code: 'bad-option',
    message: /--folds 5 .* --val 0\.2 .* give one of them/,
  });
  assert.doesNotThrow(() => validateFolds({ folds: 5, val: undefined }));
});

test('a budget of time goes with folds of a head that is solved, and not with trainings by epochs', () => {
  assert.throws(() => validateFoldsInTime({ folds: 5, time: 60 }, true), {
    code: 'bad-option',
    message: /--time .* --folds 5 trains 6 times: give one of them/,
  });
  assert.doesNotThrow(() => validateFoldsInTime({ folds: 5, time: 60 }, false));
  assert.doesNotThrow(() => validateFoldsInTime({ folds: 5, time: undefined }, true));
});
