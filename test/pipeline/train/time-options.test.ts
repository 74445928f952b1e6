// --time: what is said where even the least takes longer.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { PipelineEvent } from '../../../src/events.js';
import { tellOfLongExtraction, withBudget } from '../../../src/pipeline/train/time-options.js';
import { silent } from '../../../src/system/context.js';
import { budgetByHand } from '../../helpers/clock.js';

/** The warnings of an extraction of 100 images, one a second. */
function extract({ seconds }: { readonly seconds: number }): string[] {
  const warnings: string[] = [];
  const { budget, wait } = budgetByHand(seconds);
  const emit = (event: PipelineEvent) =>
    event.type === 'warning' && warnings.push(`${done}: ${event.message}`);
  const { emit: tell } = tellOfLongExtraction({ ...silent, budget, emit: event => void emit(event) });
  let done = 0;
  while (done < 100) {
    wait(1);
    done += 1;
    tell({ type: 'features', done, total: 100 });
  }
  return warnings;
}

test('an extraction that takes longer than there is time is told of once, early, with its estimate', () => {
  const [warning = '', ...others] = extract({ seconds: 60 });
  assert.match(warning, /^16: 100 images need about 2 min to go through the base, .* --time 60 s leaves/);
  assert.match(warning, /All of them are used all the same/);
  assert.deepEqual(others, []);
});

test('one that fits is not', () => {
  assert.deepEqual(extract({ seconds: 120 }), []);
});

test('without --time a context stays the very same', () => {
  assert.equal(withBudget(undefined, silent), silent);
  assert.equal(tellOfLongExtraction(silent), silent);
});

test('of the budget, the time to save is kept back', () => {
  const left = withBudget(60, silent).budget?.left() ?? 0;
  assert.ok(left > 50 && left <= 55, `${left}`);
});
