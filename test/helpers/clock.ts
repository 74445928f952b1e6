// A clock that a test sets, so that no test depends on how fast the machine is.

import { startBudget, type TimeBudget } from '../../src/system/time-budget.js';

/** A budget whose clock goes on by `tick` seconds each time that it is asked, and to wherever it is set. */
export function budgetByHand(
  seconds: number,
  { tick = 0 } = {},
): { budget: TimeBudget; wait(seconds: number): void } {
  let now = 1000;
  const budget = startBudget(seconds, () => (now += tick));
  return {
    budget,
    wait(passed) {
      now += passed;
    },
  };
}
