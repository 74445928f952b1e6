import assert from 'node:assert/strict';
import test from 'node:test';
import { hasTimeFor } from '../../src/system/time-budget.js';
import { budgetByHand } from '../helpers/clock.js';

test('of a budget a twentieth is kept back, since no estimate is exact', () => {
  const { budget, wait } = budgetByHand(100);
  assert.equal(budget.left(), 95);
  wait(90);
  assert.equal(budget.left(), 5);
});

test('what is kept back for later is not there before', () => {
  const { budget, wait } = budgetByHand(100);
  const inner = budget.keepBack(20).keepBack(5);
  wait(80);
  assert.deepEqual([inner.left(), budget.left()], [-10, 15]);
});

test('what there is no time for is left out, and the report names it once', () => {
  const { budget } = budgetByHand(100);
  const inner = budget.keepBack(20);
  assert.equal(hasTimeFor('mirrored views', 75, inner), true);
  assert.equal(hasTimeFor('mirrored views', 76, inner), false);
  assert.equal(hasTimeFor('mirrored views', 96, budget), false);
  assert.deepEqual(budget.report(), { seconds: 100, planned: {}, reached: {}, leftOut: ['mirrored views'] });
});

test('without a budget there is time for everything', () => {
  assert.equal(hasTimeFor('mirrored views', 1e9, undefined), true);
});

test('the report says what was planned at last, and what was reached', () => {
  const { budget } = budgetByHand(100);
  budget.plan({ views: 3, epochs: 9 });
  budget.keepBack(10).plan({ epochs: 5 });
  budget.reach({ epochs: 4 });
  const { planned, reached } = budget.report();
  assert.deepEqual([planned, reached], [{ views: 3, epochs: 5 }, { epochs: 4 }]);
});
