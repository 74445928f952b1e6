// train: a folder of photos to a classifier. Scan, split, base once per image, head, one joined model, a run on disk.

import type { EmitEvent } from '../events.js';
import { saveRun, type TrainResult } from '../runs/save.js';
import type { Context } from '../system/context.js';
import type { Metrics } from '../training/metrics.js';
import { startOptions } from '../training/plan.js';
import { beginTraining, type RunJob, withTables } from './train/begin.js';
import { extractImages, type SeenImages } from './train/extract-images.js';
import { describeTuning, fineTune, type TuningResult } from './train/fine-tune.js';
import { type FittedHead, fitHead } from './train/fit-head.js';
import { suggestTuning } from './train/next-step.js';
import { type SettledTrainOptions, trainOptions } from './train/options.js';
import { isFromScratch } from './train/scratch-options.js';
import type { Stage } from './train/stage.js';
import { withBudget } from './train/time-options.js';
import { planUsualTuning } from './train/tuning-plan.js';
import { verb } from './verb.js';

/**
 * Trains a classifier on a folder of images and saves it as a run.
 * @throws FinetuneError for what the user can mend: options, data set, backbone
 * @example
 * const { run, val } = await train({ data: 'pets', backbone: 'efficientnet-lite0' });
 * console.log(run, val?.accuracy);
 */
export const train = verb(trainOptions, async (asked, given): Promise<TrainResult> => {
  const options = await withTables(asked);
  const context = withBudget(options.time, given);
  if (!isFromScratch(options)) return await trainOnBackbone(options, context);
  // Here, since it brings the readers of all formats with it.
  const { trainFromScratch } = await import('./train/scratch.js');
  return await trainFromScratch(options, context);
});

async function trainOnBackbone(options: SettledTrainOptions, context: Context): Promise<TrainResult> {
  const job = await beginTraining(options, context);
  try {
    return await job.attempt.complete(() => trainToRun(job, context));
  } finally {
    for (const each of job.opened) each.close();
  }
}

async function trainToRun(job: RunJob, context: Context): Promise<TrainResult> {
  const seen = await extractImages(job, context);
  const head = await fitHead(job, seen, context);
  const tuned = await trainFurther({ job, seen, head }, context);
  const stage = tuned?.stage ?? head.stage;
  job.opened.push(stage.features);
  const result = await saveTraining({ job, seen, head, stage }, context);
  await tuned?.forgetCheckpoint();
  return result;
}

interface Trained {
  readonly job: RunJob;
  readonly seen: SeenImages;
  readonly head: FittedHead;
}

/** Fine-tunes, where that was asked for, or there is time for it. */
async function trainFurther(
  { job, seen, head }: Trained,
  context: Context,
): Promise<TuningResult | undefined> {
  const known = describeTuning(job, seen, head);
  if (known === undefined) return undefined;
  const { planned, remember } = job.attempt;
  const tuned = await fineTune(head.stage, { ...known, planned, remember }, context);
  job.timer.step('tune');
  return tuned;
}

/** Saves the stage of the head, or the tuned one. */
async function saveTraining(
  { job, seen: { dataSet, split, features }, head, stage }: Trained & { readonly stage: Stage },
  context: Context,
): Promise<TrainResult> {
  const { options, plan, run, dir, engine, timer } = job;
  const usual = planUsualTuning(startOptions(plan.fit));
  const training = {
    ...{ options, plan: run, ...stage, dataSet, split, engine, timer },
    // Not those of views that were tried or chosen afterwards.
    computed: features.computed,
    // They are of the whole base alone.
    floatFeatures: stage.base === head.stage.base ? head.floatFeatures : undefined,
    time: context.budget?.report(),
    // Unfrozen blocks would undo mirrors that were asked for.
    suggest: (val: Metrics | undefined) =>
      options.mirror === 'yes' ? undefined : suggestTuning({ stage, engine, plan: usual }, val),
  };
  const result = await saveRun(dir, training, context);
  warnOfDisagreement(result, context.emit);
  return result;
}

/** Warns where the fp32 model, which browsers run, and the int8 model, which this program runs, predict differently. */
function warnOfDisagreement({ agreement }: TrainResult, emit: EmitEvent): void {
  if (agreement === undefined || agreement.same >= agreement.images * 0.98) return;
  const message =
    `The int8 model and the fp32 model disagree on ${agreement.images - agreement.same} of ${agreement.images} ` +
    'validation images. Train with --precision fp32 if they have to predict alike.';
  emit({ type: 'warning', message });
}
