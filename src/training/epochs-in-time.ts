// A training by epochs that has so much time and no more.

import type { EpochRecord } from '../events.js';
import type { TimeBudget } from '../system/time-budget.js';

/**
 * The plan with as many epochs as there is time for, if each takes as long as the last one did. The schedule goes by them,
 * so that the rate has fallen when training ends.
 * @param history of the epochs so far; before the first nothing is known
 */
export function limitEpochs<Plan extends { readonly epochs: number }>(
  plan: Plan,
  history: readonly EpochRecord[],
  budget: TimeBudget | undefined,
): Plan {
  const last = history.at(-1);
  if (budget === undefined || last === undefined) return plan;
  const fitting = history.length + Math.max(0, Math.floor(budget.left() / last.seconds));
  return fitting < plan.epochs ? { ...plan, epochs: fitting } : plan;
}

/** Whether an epoch is to end here, in the middle. */
export function isOver(epoch: number, budget: TimeBudget | undefined): boolean {
  if (budget === undefined || budget.left() > 0) return false;
  budget.leaveOut(`the rest of epoch ${epoch}`);
  return true;
}
