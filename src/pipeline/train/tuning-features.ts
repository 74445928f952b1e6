// What fine-tuning trains on: features that the frozen part gives, stored at the cut, or, where nothing is frozen, the
// images themselves, of which every epoch draws new views.

import type { DataSet, Split } from '../../data/data-set.js';
import { type Base, isBareInput } from '../../features/base.js';
import type { DeviceRequest } from '../../features/device.js';
import { countMissing, describeWork, type Views } from '../../features/extract.js';
import { type Extracted, extractOrFallBack } from '../../features/extract-or-fall-back.js';
import type { FeatureSet } from '../../features/feature-set.js';
import { readPixels } from '../../features/pixels.js';
import { runOnThreads } from '../../features/pool.js';
import { estimateRow, inFloat } from '../../features/precision.js';
import { type BaseRuntime, chooseRuntime } from '../../features/runtime.js';
import type { Context } from '../../system/context.js';
import type { TuningPlan } from './tuning-plan.js';

/** What features are of, and how they are computed. */
export interface FeatureRequest {
  readonly plan: TuningPlan;
  readonly dataSet: DataSet;
  readonly split: Split;
  /** The feature store's folder. */
  readonly store: string;
  readonly precision: 'auto' | 'fp32' | 'int8';
  readonly device: DeviceRequest['device'];
}

/** Where they come from. */
export interface FeatureSource {
  /** Training images in these views, the others as they are. What was computed once is there the next time. */
  extract(views: Views): Promise<Extracted>;
  /** How many have to be computed first. */
  countMissing(views: Views): number;
  /** Seconds that one of them takes, as far as can be told before the first. */
  estimateRow(): Promise<number>;
}

/** Settles how to get features at a cut. */
export function openFeatures(base: Base, request: FeatureRequest, context: Context): Promise<FeatureSource> {
  return isBareInput(base) ? openPixels(base, request, context) : openStored(base, request, context);
}

async function openPixels(
  base: Base,
  { plan, dataSet, split, store }: FeatureRequest,
  context: Context,
): Promise<FeatureSource> {
  const precision = inFloat('all of it was trained');
  const runtime: BaseRuntime = { precision, run: work => runOnThreads(base, precision, work) };
  const views = { augment: plan.augment, seed: plan.loop.seed, ofFiles: true };
  // Once: to close them closes nothing.
  let reading: Promise<FeatureSet> | undefined;
  return {
    async extract() {
      reading ??= readPixels({ dataSet, split, base, store, views }, context);
      return { features: await reading, runtime };
    },
    countMissing: () => 0,
    estimateRow: () => Promise.resolve(0),
  };
}

async function openStored(base: Base, request: FeatureRequest, context: Context): Promise<FeatureSource> {
  const { dataSet, split, store } = request;
  const runtime = await chooseTuningRuntime(base, request, context);
  const onCpu = () => chooseTuningRuntime(base, { ...request, device: 'cpu' }, context);
  return {
    extract: train =>
      extractOrFallBack({ base, runtime, dataSet, split, store, views: { train } }, onCpu, context),
    countMissing: train =>
      countMissing({ base, split, store, views: { train } }, runtime.precision.fingerprint),
    estimateRow: () => estimateRow(base, split.train),
  };
}

/** In fp32 unless int8 is asked for. */
function chooseTuningRuntime(
  base: Base,
  { precision, device, split, store }: FeatureRequest,
  context: Context,
): Promise<BaseRuntime> {
  const wanted = precision === 'int8' ? 'int8' : 'fp32';
  const reason = precision === 'auto' ? 'trained blocks would learn the rounding errors of int8' : undefined;
  return chooseRuntime(base, { ...describeWork({ base, split, store }), device, wanted, reason }, context);
}
