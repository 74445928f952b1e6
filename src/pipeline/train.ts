// A folder of photos to a classifier: scan, split, base once per image, head, one joined model, a run on disk.

import { scanDataSet } from '../data/scan.js';
import { describeMissingValidation, planSplit } from '../data/split.js';
import { startEngine } from '../engines/start.js';
import type { EmitEvent } from '../events.js';
import { loadBase } from '../features/base.js';
import { chooseRuntime } from '../features/base-runtime.js';
import { countMissing, extractFeatures } from '../features/extract.js';
import { bySide, readableOn, splitFeatures } from '../features/split-features.js';
import { openFeatureStore } from '../features/store/store.js';
import { storeDirectory, storeLimitBytes } from '../features/store-location.js';
import type { TrainOptions } from '../options.js';
import { computeFloatFeatures } from '../runs/compare.js';
import { planRunFolder } from '../runs/folder.js';
import { saveRun, type TrainResult } from '../runs/save.js';
import { silent } from '../system/context.js';
import { startStopwatch } from '../system/timer.js';
import { fit, planFit } from '../training/fit.js';
import { checkTrainOptions } from './check-train-options.js';

/**
 * Trains a classifier on a folder of images and saves it as a run.
 * @param emit hears of stages, progress, epochs, bad images and warnings
 * @throws FinetuneError for what the user can mend: options, data set, backbone
 */
export async function train(options: TrainOptions, emit: EmitEvent): Promise<TrainResult> {
  checkTrainOptions(options);
  const watch = startStopwatch();
  const base = await loadBase(options);
  const dir = planRunFolder(options.data, options.out, options.force);
  watch.lap('start');

  const dataSet = await scanDataSet(options.data);
  const split = planSplit(dataSet, options);
  for (const message of [...dataSet.warnings, ...describeMissingValidation(dataSet, split.val)])
    emit({ type: 'warning', message });
  for (const image of dataSet.bad) emit({ type: 'bad-image', image });
  emit({
    type: 'scan',
    images: dataSet.examples.length,
    classes: dataSet.classNames.length,
    bad: dataSet.bad.length,
  });
  watch.lap('scan');

  const engine = await startEngine(options.engine);
  watch.lap('engine');
  const store = openFeatureStore(storeDirectory(options.store), { maxBytes: storeLimitBytes });
  const images = bySide(split);
  const request = {
    wanted: options.precision,
    train: split.train,
    images,
    countMissing: (fingerprint: string) => countMissing(store, base, images, fingerprint),
  };
  const runtime = await chooseRuntime(base, engine, request, { ...silent, emit });
  watch.lap('precision');

  const extracted = await extractFeatures(base, images, { runtime, store, emit });
  for (const image of extracted.bad) emit({ type: 'bad-image', image });
  const sides = splitFeatures(extracted, split, dataSet.classNames);
  watch.lap('features');

  const floatFeatures =
    runtime.precision.name === 'int8'
      ? await computeFloatFeatures(base, readableOn('val', extracted, split), {
          emit,
          all: options.verify,
        })
      : undefined;
  watch.lap('verify');

  const head = await fit(sides, planFit(options, dataSet.classNames.length), { ...silent, emit });
  watch.lap('head');

  const training = {
    options,
    base,
    runtime,
    dataSet,
    split,
    extracted,
    sides,
    floatFeatures,
    engine,
    head,
    watch,
  };
  const result = await saveRun(dir, training);
  warnOfDisagreement(result, emit);
  return result;
}

/** Of the fp32 model, which browsers run, with the int8 model, which this program runs. */
function warnOfDisagreement({ agreement }: TrainResult, emit: EmitEvent): void {
  if (agreement === undefined || agreement.same >= agreement.images * 0.98) return;
  const message =
    `The int8 model and the fp32 model disagree on ${agreement.images - agreement.same} of ${agreement.images} ` +
    'validation images. Train with --precision fp32 if they have to answer alike.';
  emit({ type: 'warning', message });
}
