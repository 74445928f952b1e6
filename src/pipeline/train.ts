// train: a folder of photos to a classifier. Scan, split, base once per image, head, one joined model, a run on disk.

import { subsets } from '../data/data-set.js';
import { scanDataSet } from '../data/scan.js';
import { describeMissingValidation, planSplit } from '../data/split.js';
import { startEngine } from '../engines/start.js';
import type { EmitEvent } from '../events.js';
import { loadBase } from '../features/base.js';
import { countMissing } from '../features/extract.js';
import { extractOrFallBack } from '../features/extract-or-fall-back.js';
import { chooseRuntime } from '../features/runtime.js';
import { computeFloatFeatures } from '../runs/compare.js';
import { planRunFolder } from '../runs/folder.js';
import { saveRun, type TrainResult } from '../runs/save.js';
import { startTimer } from '../system/timer.js';
import { fit } from '../training/fit.js';
import { planFit } from '../training/plan.js';
import { beginAttempt, refuseFinished } from './attempt.js';
import { chooseBackbone } from './choose-backbone.js';
import { fineTune } from './fine-tune.js';
import { trainFromScratch } from './scratch.js';
import { isFromScratch } from './scratch-options.js';
import { tellOfDataSet } from './tell-of-data-set.js';
import { planTraining, trainOptions } from './train-options.js';
import { verb } from './verb.js';

/**
 * Trains a classifier on a folder of images and saves it as a run.
 * @throws FinetuneError for what the user can mend: options, data set, backbone
 * @example
 * const { run, val } = await train({ data: 'pets', backbone: 'efficientnet-lite0' });
 * console.log(run, val?.accuracy);
 */
export const train = verb(trainOptions, async (options, context): Promise<TrainResult> => {
  if (isFromScratch(options)) return await trainFromScratch(options, context);
  const { emit, signal } = context;
  const plan = planTraining(options);
  const timer = startTimer();
  const backbone = await chooseBackbone(options.backbone, emit);
  const base = await loadBase({ ...plan.base, backbone: backbone.dir });
  const run = { ...plan.run, inputs: { ...plan.run.inputs, '--backbone': backbone.dir } };
  refuseFinished(run, options.resume);
  const dir = await planRunFolder(run);
  timer.step('start');

  const dataSet = await scanDataSet(plan.run.data, { exclude: options.exclude, signal });
  const split = planSplit(dataSet, plan.split);
  tellOfDataSet(dataSet, describeMissingValidation(dataSet, split.val), emit);
  signal.throwIfAborted();
  timer.step('scan');

  const engine = await startEngine(options.engine);
  timer.step('engine');
  const attempt = await beginAttempt({ dir, plan: run, options, dataSet, engine });
  const request = {
    wanted: options.precision,
    device: options.device,
    train: split.train,
    images: subsets.flatMap(subset => split[subset]),
    countMissing: (fingerprint: string) => countMissing({ base, split, store: plan.store }, fingerprint),
  };
  const chosen = await chooseRuntime(base, request, context);
  timer.step('precision');

  const { store } = plan;
  const { features, runtime } = await extractOrFallBack(
    { base, runtime: chosen, dataSet, split, store },
    () => chooseRuntime(base, { ...request, device: 'cpu' }, context),
    context,
  );
  let opened = features;
  try {
    for (const image of features.bad) emit({ type: 'bad-image', image });
    timer.step('features');

    const floatFeatures =
      runtime.precision.name === 'int8'
        ? await computeFloatFeatures(base, features.subset('val').images, { all: options.verify, context })
        : undefined;
    timer.step('verify');

    const data = { train: features.subset('train'), val: features.subset('val') };
    const head = await fit(data, planFit(plan.fit, dataSet.classNames.length), context);
    signal.throwIfAborted();
    timer.step('head');

    const start = { base, runtime, features, head };
    const { precision, device } = options;
    const tuning = plan.tuning && { plan: plan.tuning, dataSet, split, engine, store, precision, device };
    const tuned = tuning && (await fineTune(start, tuning, context));
    const stage = tuned?.stage ?? start;
    opened = stage.features;
    timer.step('tune');

    const known = {
      options: { ...options, backbone: options.backbone ?? backbone.card.name },
      ...{ plan: run, ...stage, dataSet, split, engine, timer },
      // They are of the base alone.
      floatFeatures: stage.base === base ? floatFeatures : undefined,
    };
    const result = await saveRun(dir, known, context);
    await tuned?.forgetCheckpoint();
    await attempt.end();
    warnOfDisagreement(result, emit);
    return result;
  } finally {
    features.close();
    if (opened !== features) opened.close();
  }
});

/** Of the fp32 model, which browsers run, with the int8 model, which this program runs. */
function warnOfDisagreement({ agreement }: TrainResult, emit: EmitEvent): void {
  if (agreement === undefined || agreement.same >= agreement.images * 0.98) return;
  const message =
    `The int8 model and the fp32 model disagree on ${agreement.images - agreement.same} of ${agreement.images} ` +
    'validation images. Train with --precision fp32 if they have to predict alike.';
  emit({ type: 'warning', message });
}
