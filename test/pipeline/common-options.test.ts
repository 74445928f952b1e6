import assert from 'node:assert/strict';
import test from 'node:test';
import { benchOptions } from '../../src/pipeline/bench.js';
import { evaluateOptions } from '../../src/pipeline/evaluate.js';
import { predictOptions } from '../../src/pipeline/predict.js';
import { prepareOptions } from '../../src/pipeline/prepare.js';
import { setupOptions } from '../../src/pipeline/setup.js';
import { summaryOptions } from '../../src/pipeline/summary.js';
import { trainOptions } from '../../src/pipeline/train/options.js';

const tables = {
  benchOptions,
  evaluateOptions,
  predictOptions,
  prepareOptions,
  setupOptions,
  summaryOptions,
  trainOptions,
};

test('an option that two verbs share takes the same values in both', () => {
  assert.equal(prepareOptions.inputShape, trainOptions.inputShape);
  assert.equal(prepareOptions.force, trainOptions.force);
  assert.equal(predictOptions.model, evaluateOptions.model);
});

for (const [name, table] of Object.entries(tables)) {
  test(`every option of ${name} says what it is for and what it expects`, () => {
    for (const { help, expects, kind } of Object.values(table)) {
      assert.match(help, /^[A-Z'].*[^.]$/);
      assert.ok(kind === 'flag' || expects.length > 0);
    }
  });
}
