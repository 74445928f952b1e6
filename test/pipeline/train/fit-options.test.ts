// How features are fitted, as train's options say it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../../src/options.js';
import { planFitOptions, validateFit } from '../../../src/pipeline/train/fit-options.js';
import { trainOptions } from '../../../src/pipeline/train/options.js';

const settle = (given: Readonly<Record<string, unknown>>) =>
  planFitOptions(resolveOptions(trainOptions, { data: 'pets', ...given }, {}));

test('options that have to do with other things are left out', () => {
  const options = settle({ epochs: 3, pooling: 'max' });
  assert.equal(options.epochs, 3);
  assert.equal('pooling' in options || 'data' in options, false);
});

const contradictions: readonly (readonly [given: Readonly<Record<string, unknown>>, message: RegExp])[] = [
  [{ headSolver: 'lbfgs', hidden: [8] }, /no hidden layers and no epochs/],
  [{ epochs: 3, l2: 0.1 }, /--l2 belongs to --head-solver lbfgs/],
  [{ dropout: 0.5 }, /--dropout 0\.5 does nothing here/],
  [{ learningRate: 0.1 }, /--learning-rate 0\.1 does nothing here/],
];
for (const [given, message] of contradictions) {
  test(`${JSON.stringify(given)} is refused: ${message.source}`, () => {
    assert.throws(() => validateFit(settle(given)), { code: 'bad-option', message });
  });
}
