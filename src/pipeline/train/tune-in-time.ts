// How many views and epochs of fine-tuning there is time for, by what the base and a few steps of training take here.

import { originalView } from '../../data/image-rules.js';
import type { Views } from '../../features/extract.js';
import type { FeatureSet } from '../../features/feature-set.js';
import type { Network } from '../../network/network.js';
import { renderDuration } from '../../report/duration.js';
import type { Context } from '../../system/context.js';
import { type Amounts, startBudget, type TimeBudget } from '../../system/time-budget.js';
import { measureSteps } from '../../training/measure-steps.js';
import { planForImages } from '../../training/plan.js';
import { type TuningPlan, viewsOf } from './tuning-plan.js';

/** What is to be done within the time. */
export interface TuningWork {
  readonly plan: TuningPlan;
  /** All of a backbone is trained: nothing is extracted, and it takes long. */
  readonly isWhole: boolean;
  /** What is trained. */
  readonly start: Network;
  readonly classes: number;
  /** Features of all images, of training images in these views. What is computed once is in the store the next time. */
  readonly extract: (views: Views) => Promise<FeatureSet>;
  /** How many of them the store lacks. */
  readonly countMissing: (views: Views) => number;
  /** Seconds that a row of them takes, as far as can be told before the first. */
  readonly estimateRow: () => Promise<number>;
  /** Seconds that the head took: it is solved once more in the end. */
  readonly headSeconds: number;
  /** Each trains as long as the whole. */
  readonly folds?: { readonly count: number } | undefined;
  /** What was planned by a training that was stopped, and goes on. */
  readonly planned?: Amounts | undefined;
}

/** A plan, and the context for its training, whose budget ends before what comes afterwards. */
export interface TimedTuning {
  readonly plan: TuningPlan;
  readonly context: Context;
}

/** Seconds. */
export interface TuningCosts {
  /** The cost of another view of every training image. */
  readonly view: number;
  readonly epoch: number;
  /** The cost of what comes when all epochs are run: the head, comparison, measuring. */
  readonly afterwards: number;
}

/** What nobody asked for has to be more than an attempt: with a warm-up, and a rate that falls. */
const fewestEpochs = { asked: 1, extra: 3 } as const;

/**
 * Plans what there is time for; without a budget, all.
 * @returns undefined where there is no time for any of it, which the budget notes
 */
export async function tuneInTime(work: TuningWork, context: Context): Promise<TimedTuning | undefined> {
  const { plan } = work;
  const { budget, emit } = context;
  if (budget === undefined) {
    if (work.isWhole) await warnOfDuration(work, context);
    return { plan, context };
  }
  const costs = await measureCosts(work, { ...context, budget });
  const inner = budget.keepBack(costs?.afterwards ?? 0);
  const least = plan.isExtra ? fewestEpochs.extra : fewestEpochs.asked;
  const wanted = { views: plan.views, epochs: plan.loop.epochs };
  const fitting = costs && (work.planned ?? fitIntoTime(wanted, costs, inner.left()));
  if (fitting === undefined || (fitting.epochs ?? 0) < least) {
    budget.leaveOut('fine-tuning');
    if (!plan.isExtra) emit({ type: 'warning', message: noTime(costs, budget) });
    return undefined;
  }
  const { views = plan.views, epochs = plan.loop.epochs } = fitting;
  budget.plan({ views, epochs });
  const amounts = work.isWhole
    ? `${epochs} epochs`
    : `${views} changed views of each image and ${epochs} epochs`;
  const message = `Fine-tuning: there is time for ${amounts}.`;
  emit({ type: 'notice', message });
  const loop = { ...plan.loop, epochs, warmup: Math.min(plan.loop.warmup, epochs - 1) };
  return { plan: { ...plan, views, loop }, context: { ...context, budget: inner } };
}

/** Shorter trainings need no warning, in seconds. */
const longTraining = 60;

async function warnOfDuration(work: TuningWork, context: Context): Promise<void> {
  const costs = await measureCosts(work, { ...context, budget: startBudget(endless) });
  const epochs = work.plan.loop.epochs * (1 + (work.folds?.count ?? 0));
  if (costs === undefined || epochs * costs.epoch < longTraining) return;
  const message =
    `The whole backbone is trained, which takes about ${renderDuration(epochs * costs.epoch + costs.afterwards)} here: ` +
    `${epochs} epochs of ${renderDuration(costs.epoch)}. ${work.folds ? '' : '--time sets a limit, '}--recipe fine-tune trains the topmost ` +
    'blocks alone.';
  context.emit({ type: 'warning', message });
}

/** Seconds: for a budget that is a mere clock. */
const endless = 1e9;

/**
 * As many epochs as fit, with as many views for each as there would be without a budget, or down to half of them: an epoch
 * sees an image once, so that many views are of no use to few epochs.
 * @returns undefined where not even one epoch fits
 */
export function fitIntoTime(
  wanted: { readonly views: number; readonly epochs: number },
  { view, epoch }: Pick<TuningCosts, 'view' | 'epoch'>,
  seconds: number,
): Amounts | undefined {
  for (let { epochs } = wanted; epochs > 0; epochs--) {
    const most = Math.ceil((wanted.views * epochs) / wanted.epochs);
    const left = seconds - epochs * epoch;
    const views = most * view <= left ? most : Math.floor(left / view);
    if (left >= 0 && views >= most / 2) return { views, epochs };
  }
  return undefined;
}

/** The time that fewer images than this took says nothing of others. */
const leastComputed = 16;

/** A step goes forwards and backwards, which is twice the work. */
const forwardShare = 1 / 3;

/** @returns undefined where there is no time to measure */
async function measureCosts(
  { plan, start, classes, extract, countMissing, estimateRow, headSeconds }: TuningWork,
  context: Context & { readonly budget: TimeBudget },
): Promise<TuningCosts | undefined> {
  const { budget } = context;
  const estimate = await estimateRow();
  const before = budget.left();
  if (countMissing([originalView]) * estimate >= before) return undefined;
  const features = await extract([originalView]);
  try {
    const [train, val, test] = [features.subset('train'), features.subset('val'), features.subset('test')];
    const row = features.computed < leastComputed ? estimate : (before - budget.left()) / features.computed;
    const images = train.labels.length;
    const evaluated = 2 * val.labels.length + test.labels.length;
    const loop = planForImages(plan.loop, train.labels, classes);
    const step = await measureSteps(start, train, { ...loop, ...context });
    const forward = step * forwardShare;
    return {
      view: plan.views === 0 ? 0 : (row * countMissing(viewsOf(plan))) / plan.views,
      epoch: step * images + forward * val.labels.length,
      afterwards: headSeconds + forward * (images + evaluated),
    };
  } finally {
    features.close();
  }
}

function noTime(costs: TuningCosts | undefined, budget: TimeBudget): string {
  const left = renderDuration(Math.max(0, budget.left()));
  const needed =
    costs === undefined
      ? 'the images do not get through the frozen part of the backbone in that'
      : `an epoch takes about ${renderDuration(costs.epoch)}, and what follows ${renderDuration(costs.afterwards)}`;
  return `There is no time to fine-tune: ${left} of --time are left, and ${needed}. The head alone is kept.`;
}
