import assert from 'node:assert/strict';
import test from 'node:test';
import type { EpochRecord } from '../../src/events.js';
import { isOver, limitEpochs } from '../../src/training/epochs-in-time.js';
import { budgetByHand } from '../helpers/clock.js';

const lasting = (...seconds: number[]): EpochRecord[] =>
  seconds.map((each, i) => ({ epoch: i + 1, loss: 1, accuracy: 0, seconds: each }));

const plan = { epochs: 12 };

const cases: [title: string, history: EpochRecord[], passed: number, epochs: number][] = [
  ['before the first epoch nothing is known, and nothing is shortened', [], 0, 12],
  ['the plan is kept where there is time for it', lasting(5), 5, 12],
  ['as many epochs follow as fit into what is left', lasting(10, 10), 20, 9],
  ['the last epoch counts: where the machine has become slower, fewer fit', lasting(10, 20), 30, 5],
  ['where it has become faster, more do, up to the plan', lasting(30, 5), 35, 12],
  ['when time is up, nothing follows', lasting(50, 50), 100, 2],
];

for (const [title, history, passed, epochs] of cases) {
  test(title, () => {
    const { budget, wait } = budgetByHand(100);
    wait(passed);
    assert.equal(limitEpochs(plan, history, budget).epochs, epochs);
  });
}

test('without a budget a plan stays the very same', () => {
  assert.equal(limitEpochs(plan, lasting(1e9), undefined), plan);
});

test('an epoch is cut short when time is up', () => {
  const { budget, wait } = budgetByHand(100);
  assert.equal(isOver(1, budget), false);
  wait(100);
  assert.equal(isOver(1, budget), true);
  assert.deepEqual(budget.report().leftOut, ['the rest of epoch 1']);
});
