// lr-find: which learning rate suits a training by epochs, by a test of rates on the features that it would train on.

import { refuseOption } from '../errors.js';
import type { Network } from '../network/network.js';
import type { OptionTable } from '../option-kinds.js';
import { resolveOptions } from '../options.js';
import type { Context } from '../system/context.js';
import { startTimer } from '../system/timer.js';
import type { TrainingData } from '../training/data.js';
import { startHead } from '../training/fit.js';
import { planFit, planForImages, type TrainingPlan, trainsByEpochs } from '../training/plan.js';
import { type RateRange, suggestRate, testRates } from '../training/rate-range.js';
import { beginTrial, type Job, withTables } from './train/begin.js';
import { extractImages, type SeenImages } from './train/extract-images.js';
import { describeTuning, startTuning } from './train/fine-tune.js';
import { chooseJobFeatures, fitHead } from './train/fit-head.js';
import { type SettledTrainOptions, trainOptions } from './train/options.js';
import { beginFromScratch, readForScratch } from './train/scratch.js';
import { isFromScratch, planFromScratch } from './train/scratch-options.js';
import { planTraining } from './train/training-plan.js';
import { type OptionsOf, verb } from './verb.js';

const { data, backbone, exclude, groupBy, inputShape, channels, cut, resize, pooling, val, test } =
  trainOptions;
const { recipe, unfreeze, layerDecay, views, augment, taps, mirror, headSolver, l2, hidden, dropout } =
  trainOptions;
const { batchSize, optimizer, weightDecay, clipNorm, labelSmoothing, mixup, focalLoss } = trainOptions;
const { classWeights, precision, device, engine, seed, store } = trainOptions;

/** Options of `lr-find`: those of `train` that make a difference to its steps. */
export const lrFindOptions = {
  ...{ data, backbone, exclude, groupBy, inputShape, channels, cut, resize, pooling, val, test },
  ...{ recipe, unfreeze, layerDecay, views, augment, taps, mirror, headSolver, l2, hidden, dropout },
  ...{ batchSize, optimizer, weightDecay, clipNorm, labelSmoothing, mixup, focalLoss },
  ...{ classWeights, precision, device, engine, seed, store },
} as const satisfies OptionTable;

/** What `lr-find` takes. */
export type LrFindOptions = OptionsOf<typeof lrFindOptions>;

/**
 * Finds a learning rate for what `train` would train by epochs with the same options. Nothing is saved but features.
 * @throws FinetuneError for what the user can mend: options, data set, backbone; `bad-option` for a head that is solved
 * @example
 * const { suggested } = await lrFind({ data: 'pets', recipe: 'fine-tune' });
 */
export const lrFind = verb(lrFindOptions, async (asked, context): Promise<RateRange> => {
  const options = resolveOptions(trainOptions, await withTables(asked));
  if (isFromScratch(options)) return await tryFromScratch(options, context);
  if (!hasRate(options)) {
    refuseOption(
      'A linear head is solved to its optimum: it has no learning rate. Add --recipe fine-tune or --unfreeze for blocks, ' +
        '--hidden 256 or --head-solver adam for a head that is trained by epochs, or --backbone convnet.',
    );
  }
  return await tryOnBackbone(options, context);
});

/** What is solved has none. */
function hasRate(options: SettledTrainOptions): boolean {
  const { tuning, fit } = planTraining(options);
  return tuning !== undefined || trainsByEpochs(fit);
}

/** What would be trained. */
interface Trial {
  readonly start: Network;
  readonly train: TrainingData;
  readonly plan: TrainingPlan;
  readonly classes: number;
}

async function tryRates({ start, train, plan, classes }: Trial, context: Context): Promise<RateRange> {
  const points = await testRates(start, train, { ...planForImages(plan, train.labels, classes), ...context });
  return { points, suggested: suggestRate(points), usual: plan.learningRate };
}

async function tryFromScratch(options: SettledTrainOptions, context: Context): Promise<RateRange> {
  const planned = planFromScratch(options);
  const job = await beginFromScratch({ options, planned, timer: startTimer() }, context);
  const { start, features, dataSet } = await readForScratch(job, context);
  try {
    const classes = dataSet.classNames.length;
    return await tryRates({ start, train: features.subset('train'), plan: job.plan.loop, classes }, context);
  } finally {
    features.close();
  }
}

async function tryOnBackbone(options: SettledTrainOptions, context: Context): Promise<RateRange> {
  const job = await beginTrial(options, context);
  try {
    const seen = await extractImages(job, context);
    const tries = job.plan.tuning === undefined ? tryHead : tryBlocks;
    return await tries(job, seen, context);
  } finally {
    for (const each of job.opened) each.close();
  }
}

async function tryHead(job: Job, seen: SeenImages, context: Context): Promise<RateRange> {
  const classes = seen.dataSet.classNames.length;
  const plan = planFit(job.plan.fit, classes);
  if (plan.solver === 'lbfgs') throw new Error('A solved head has no rate.');
  const { chosen } = await chooseJobFeatures(job, seen, plan, context);
  job.opened.push(chosen.features);
  const data = { train: chosen.features.subset('train'), val: chosen.features.subset('val') };
  const { start, scaled } = await startHead(data, plan);
  return await tryRates({ start, train: scaled.train, plan, classes }, context);
}

async function tryBlocks(job: Job, seen: SeenImages, context: Context): Promise<RateRange> {
  const head = await fitHead(job, seen, context);
  const known = describeTuning(job, seen, head);
  const begun =
    known && (await startTuning(head.stage, { ...known, remember: () => Promise.resolve() }, context));
  if (begun === undefined) throw new Error('What was asked for is tuned, where nobody counts the time.');
  job.opened.push(begun.features);
  const { start, features, factors: layerFactors } = begun;
  const plan = { ...begun.plan.loop, layerFactors };
  const classes = seen.dataSet.classNames.length;
  return await tryRates({ start, train: features.subset('train'), plan, classes }, context);
}
