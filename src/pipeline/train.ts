// train: a folder of photos to a classifier. Scan, split, base once per image, head, one joined model, a run on disk.

import type { PreparedBackbone } from '../backbones/resolve.js';
import { subsets } from '../data/data-set.js';
import { scanDataSet } from '../data/scan.js';
import { startEngine } from '../engines/start.js';
import type { EmitEvent } from '../events.js';
import { loadBase } from '../features/base.js';
import { type DamageFindings, tellOfDamage } from '../features/damage-sample.js';
import { countMissing } from '../features/extract.js';
import { extractOrFallBack } from '../features/extract-or-fall-back.js';
import { chooseRuntime } from '../features/runtime.js';
import { computeFloatFeatures } from '../runs/compare.js';
import { planRunFolder } from '../runs/folder.js';
import { saveRun, type TrainResult } from '../runs/save.js';
import type { Context } from '../system/context.js';
import { startTimer } from '../system/timer.js';
import { type CrossValidationRequest, crossValidateFit } from '../training/cross-validate.js';
import type { TrainingData } from '../training/data.js';
import { type Fit, fit } from '../training/fit.js';
import type { Metrics } from '../training/metrics.js';
import { planFit, startOptions } from '../training/plan.js';
import { beginAttempt, refuseFinished } from './train/attempt.js';
import { loadAugmentation } from './train/augment-option.js';
import { chooseBackbone, chooseBestBackbone } from './choose-backbone.js';
import { limitTaps } from './train/choose-features.js';
import { chooseOnOneDevice } from './train/choose-on-one-device.js';
import { divideAgain } from './train/divide-again.js';
import { fineTune } from './train/fine-tune.js';
import { describeFeatures, planChosenFit } from './train/fit-chosen.js';
import { suggestTuning } from './train/next-step.js';
import { isFromScratch } from './train/scratch-options.js';
import { splitData } from './split-data.js';
import { tellOfDataSet, tellOfImages } from './train/tell-of-data-set.js';
import { tellOfLongExtraction, withBudget } from './train/time-options.js';
import { planTraining, type SettledTrainOptions, type TrainingPlan, trainOptions } from './train/options.js';
import { planUsualTuning, withoutMirrors } from './train/tuning-plan.js';
import { verb } from './verb.js';

/**
 * Trains a classifier on a folder of images and saves it as a run.
 * @throws FinetuneError for what the user can mend: options, data set, backbone
 * @example
 * const { run, val } = await train({ data: 'pets', backbone: 'efficientnet-lite0' });
 * console.log(run, val?.accuracy);
 */
export const train = verb(trainOptions, async (asked, given): Promise<TrainResult> => {
  const options = { ...asked, augment: await loadAugmentation(asked.augment) };
  const context = withBudget(options.time, given);
  if (isFromScratch(options)) {
    // Here, since it brings the readers of all formats with it.
    const { trainFromScratch } = await import('./train/scratch.js');
    return await trainFromScratch(options, context);
  }
  const { emit, signal, budget } = context;
  const plan = planTraining(options);
  const timer = startTimer();
  const backbone = await settleBackbone(options, plan, context);
  const loaded = await loadBase({ ...plan.base, backbone: backbone.dir });
  const run = { ...plan.run, inputs: { ...plan.run.inputs, '--backbone': backbone.dir } };
  refuseFinished(run, options.resume);
  const dir = await planRunFolder(run);
  timer.step('start');

  const scanned = await scanDataSet(plan.run.data, { exclude: options.exclude, signal });
  const divided = await splitData(scanned, plan.split, signal);
  const whole = limitTaps(loaded, plan.features, divided.split.train.length);
  tellOfDataSet(divided.dataSet, divided.warnings, emit);
  signal.throwIfAborted();
  timer.step('scan');

  const engine = await startEngine(options.engine);
  timer.step('engine');
  const attempt = await beginAttempt({ dir, plan: run, options, dataSet: scanned, engine });
  const request = {
    wanted: options.precision,
    device: options.device,
    train: divided.split.train,
    images: subsets.flatMap(subset => divided.split[subset]),
    countMissing: (fingerprint: string) =>
      countMissing({ base: whole, split: divided.split, store: plan.store }, fingerprint),
  };
  const runtimeOfChoice = await chooseRuntime(whole, request, context);
  timer.step('precision');

  const { store } = plan;
  const onCpu = () => chooseRuntime(whole, { ...request, device: 'cpu' }, context);
  const damage: DamageFindings = new Map();
  const first = { ...divided, base: whole, runtime: runtimeOfChoice, store, damage };
  const before = budget?.left() ?? 0;
  const watched = tellOfLongExtraction(context);
  const { features: seen, runtime: firstRuntime } = await extractOrFallBack(first, onCpu, watched);
  const extractionSeconds = before - (budget?.left() ?? 0);
  const opened = [seen];
  try {
    tellOfImages(seen, emit);
    tellOfDamage(damage, seen.computed, emit);
    const division = { scanned, plan: plan.split, divided, features: seen };
    const { dataSet, split, features: extracted } = await divideAgain(division, context);
    const extraction = { base: whole, dataSet, split, store };
    timer.step('features');

    const fitPlan = planFit(plan.fit, dataSet.classNames.length);
    const choices = {
      ...{ extraction, features: extracted, head: fitPlan, plan: plan.features },
      secondsPerImage: extracted.computed > 0 ? extractionSeconds / extracted.computed : undefined,
      runtimes: { runtime: firstRuntime, onCpu },
      onStep: timer.step,
    };
    const { chosen, runtime } = await chooseOnOneDevice(choices, context);
    const { base, features } = chosen;
    opened.push(features);
    timer.step('head');

    const floatFeatures =
      runtime.precision.name === 'int8'
        ? await computeFloatFeatures(base, features.subset('val').images, { all: options.verify, context })
        : undefined;
    timer.step('verify');

    const data = { train: features.subset('train'), val: features.subset('val') };
    const fitted = describeFeatures(await fit(data, planChosenFit(fitPlan, chosen), context), chosen);
    const folding = { ...plan.split, fit: fitPlan, classNames: dataSet.classNames };
    const head = await foldHead(fitted, data.train, { ...folding, context });
    signal.throwIfAborted();
    timer.step('head');

    const start = { base, runtime, features, head, mirrored: chosen.mirrored };
    const { precision, device } = options;
    const { planned, remember } = attempt;
    const settled = { dataSet, split, engine, store, precision, device, planned, remember };
    const { head: headSeconds = 0 } = timer.seconds();
    const tuning = plan.tuning && {
      ...{ ...settled, head: fitPlan, headSeconds },
      plan: chosen.refusesMirrors ? withoutMirrors(plan.tuning) : plan.tuning,
    };
    const tuned = tuning && (await fineTune(start, tuning, context));
    const stage = tuned?.stage ?? start;
    opened.push(stage.features);
    timer.step('tune');

    const usual = planUsualTuning(startOptions(plan.fit));
    const known = {
      options: { ...options, backbone: backbone.name },
      ...{ plan: run, ...stage, dataSet, split, engine, timer },
      // They are of the base alone.
      floatFeatures: stage.base === base ? floatFeatures : undefined,
      time: budget?.report(),
      suggest: (val: Metrics | undefined) => suggestTuning({ stage, engine, plan: usual }, val),
    };
    const result = await saveRun(dir, known, context);
    await tuned?.forgetCheckpoint();
    await attempt.end();
    warnOfDisagreement(result, emit);
    return result;
  } finally {
    for (const each of opened) each.close();
  }
});

/** Under the name that repeats the training. */
async function settleBackbone(
  { backbone: asked, data, exclude, engine }: SettledTrainOptions,
  { split, store }: TrainingPlan,
  context: Context,
): Promise<PreparedBackbone & { readonly name: string }> {
  if (asked === 'auto') return await chooseBestBackbone({ data, exclude, engine, split, store }, context);
  const found = await chooseBackbone(asked, context.emit);
  return { ...found, name: asked ?? found.card.name };
}

interface Folding extends Omit<CrossValidationRequest, 'count'> {
  readonly folds?: number | undefined;
  readonly context: Context;
}

/** A head with what cross-validation says of it, where that was asked for. */
async function foldHead(
  head: Fit,
  train: TrainingData,
  { folds, context, ...request }: Folding,
): Promise<Fit> {
  if (folds === undefined) return head;
  return { ...head, crossValidation: await crossValidateFit(train, { ...request, count: folds }, context) };
}

/** Of the fp32 model, which browsers run, with the int8 model, which this program runs. */
function warnOfDisagreement({ agreement }: TrainResult, emit: EmitEvent): void {
  if (agreement === undefined || agreement.same >= agreement.images * 0.98) return;
  const message =
    `The int8 model and the fp32 model disagree on ${agreement.images - agreement.same} of ${agreement.images} ` +
    'validation images. Train with --precision fp32 if they have to predict alike.';
  emit({ type: 'warning', message });
}
