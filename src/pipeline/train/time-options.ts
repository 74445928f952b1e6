// --time: how long a training may take, and how it keeps to that.

import { duration, maybe } from '../../option-kinds.js';
import { renderDuration } from '../../report/duration.js';
import type { Context } from '../../system/context.js';
import { startBudget } from '../../system/time-budget.js';

/** How long. */
export const time = maybe(
  duration(
    'Time for the whole training, kept to within a tenth: it plans by what it measures here, and leaves out what there ' +
      'is no time for, so that the result depends on the machine',
  ),
);

/** What writing a run takes. */
const savingSeconds = 2;

/** The same context with a budget, where one is given. */
export function withBudget(seconds: number | undefined, context: Context): Context {
  if (seconds === undefined) return context;
  return { ...context, budget: startBudget(seconds).keepBack(Math.min(savingSeconds, seconds / 10)) };
}

/** Before this share of the images has been through the base, and before this many, nothing is said of the rest. */
const [leastShare, leastImages] = [0.05, 16];

const worked = { features: 'go through the base', decode: 'be decoded' } as const;

/**
 * The same context for an extraction that has to be done: it warns once, early, if the base takes longer than there is
 * time. No image is left out for that.
 */
export function tellOfLongExtraction(context: Context): Context {
  const { budget, emit } = context;
  if (budget === undefined) return context;
  const atStart = budget.left();
  let isTold = false;
  return {
    ...context,
    emit(event) {
      emit(event);
      if (isTold || (event.type !== 'features' && event.type !== 'decode')) return;
      const { done, total } = event;
      if (done < Math.max(leastImages, leastShare * total)) return;
      const left = budget.left();
      const needed = ((atStart - left) / done) * (total - done);
      if (needed <= left) return;
      isTold = true;
      const message =
        `${total} images need about ${renderDuration(needed + atStart - left)} to ${worked[event.type]}, which is more ` +
        `than --time ${renderDuration(budget.report().seconds)} leaves. All of them are used all the same, and whatever ` +
        'can be left out is left out: the training takes longer than it was given.';
      emit({ type: 'warning', message });
    },
  };
}
