// A training from scratch: a ConvNet of random weights learns from the images themselves. The base is the bare input, so
// that what comes after it, saved runs and predictions, is as in every other training.

import { convnetName, planConvnet } from '../../backbones/architectures/convnet.js';
import { preprocessingFor } from '../../backbones/preprocessing.js';
import type { DataSet } from '../../data/data-set.js';
import { findImageKind } from '../../data/image-kind.js';
import { scanDataSet } from '../../data/scan.js';
import { type Engine, startEngine } from '../../engines/start.js';
import type { EmitEvent } from '../../events.js';
import { type Base, baseOfInput } from '../../features/base.js';
import type { FeatureSet, SubsetFeatures } from '../../features/feature-set.js';
import { readPixels } from '../../features/pixels.js';
import { inFloat } from '../../features/precision.js';
import { fingerprintOf } from '../../network/fingerprint.js';
import type { Network } from '../../network/network.js';
import { planRunFolder } from '../../runs/folder.js';
import { saveRun, type TrainResult } from '../../runs/save.js';
import type { Context } from '../../system/context.js';
import { startTimer, type Timer } from '../../system/timer.js';
import { versions } from '../../system/versions.js';
import { type CheckpointPlace, placeCheckpoint } from '../../training/checkpoint.js';
import { tune } from '../../training/fit.js';
import { drawWeights } from '../../training/initialize.js';
import { type DividedData, splitData } from '../split-data.js';
import { beginAttempt, refuseFinished } from './attempt.js';
import { resolveClassWeights } from './class-weights-option.js';
import { divideAgain } from './divide-again.js';
import type { SettledTrainOptions } from './options.js';
import { type OwnTopology, readOwnTopology } from './own-topology.js';
import { planFromScratch, type ScratchPlan } from './scratch-options.js';
import { tellOfDataSet, tellOfImages } from './tell-of-data-set.js';
import { tellOfLongExtraction } from './time-options.js';

/**
 * Trains a network from scratch and saves it as a run.
 * @throws FinetuneError for what the user can mend: options, data set
 */
export async function trainFromScratch(options: SettledTrainOptions, context: Context): Promise<TrainResult> {
  const planned = planFromScratch(options);
  const timer = startTimer();
  refuseFinished(planned.run, options.resume);
  const dir = await planRunFolder(planned.run);
  const job = await beginFromScratch({ options, planned, timer }, context);
  const { plan, scanned, engine } = job;
  const attempt = await beginAttempt({ dir, plan: plan.run, options, dataSet: scanned, engine });
  return await attempt.complete(() => trainToRun({ ...job, dir, options, timer }, context));
}

/** A training from scratch that ends in a run. */
interface ScratchRun extends ScratchJob {
  readonly dir: string;
  readonly options: SettledTrainOptions;
  readonly timer: Timer;
}

async function trainToRun(run: ScratchRun, context: Context): Promise<TrainResult> {
  const { dir, options, plan, engine, timer } = run;
  const { base, start, dataSet, split, features } = await readForScratch(run, context);
  try {
    timer.step('features');

    const checkpoint = await findCheckpoint({ base, start, features, engine, plan });
    const data = { train: features.subset('train'), val: features.subset('val') };
    const trained = {
      ...{ ...plan.loop, start, checkpoint, classes: dataSet.classNames.length },
      description: describeNetwork(plan, base, start),
    };
    const head = await tune(data, trained, context);
    context.signal.throwIfAborted();
    timer.step('head');

    const known = {
      options: { ...options, ...settledOptions(plan, base) },
      ...{ plan: plan.run, base, dataSet, split, features, engine, head, timer },
      computed: features.computed,
      runtime: { precision: inFloat('trained from scratch') } as const,
      floatFeatures: undefined,
      time: context.budget?.report(),
    };
    const result = await saveRun(dir, known, context);
    await checkpoint.forget();
    return result;
  } finally {
    features.close();
  }
}

/** What repeats the training on other images, too. */
function settledOptions({ network }: ScratchPlan, { size, rules }: Base) {
  return {
    backbone: network ?? convnetName,
    recipe: 'scratch',
    inputShape: size.join('x'),
    channels: network === undefined ? rules.channels : undefined,
  };
}

function describeNetwork({ network, views }: ScratchPlan, base: Base, { weights }: Network): string {
  const name = network === undefined ? 'a ConvNet' : base.card.name;
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const changes = Object.keys(views.augment).length > 0 ? ', on new views in each epoch,' : '';
  return `${name} of ${parameters.toLocaleString('en')} parameters, from scratch${changes}`;
}

/** A training from scratch that is about to begin. */
export interface ScratchJob {
  readonly plan: ScratchPlan;
  readonly scanned: DataSet;
  readonly divided: DividedData;
  readonly engine: Engine;
}

interface ScratchRequest {
  readonly options: SettledTrainOptions;
  readonly planned: ScratchPlan;
  readonly timer: Timer;
}

/**
 * Looks the folder through and starts the engine.
 * @throws FinetuneError for what the user can mend: options, data set
 */
export async function beginFromScratch(
  { options, planned, timer }: ScratchRequest,
  { emit, signal }: Context,
): Promise<ScratchJob> {
  const scanned = await scanDataSet(planned.run.data, { exclude: options.exclude, signal });
  const divided = await splitData(scanned, planned.split, signal);
  const classWeights = resolveClassWeights(options.classWeights, divided.dataSet.classNames);
  tellOfDataSet(divided.dataSet, divided.warnings, emit);
  timer.step('scan');
  const engine = await startEngine(options.engine);
  timer.step('engine');
  return { plan: { ...planned, loop: { ...planned.loop, classWeights } }, scanned, divided, engine };
}

/** What is trained from scratch, and on what. */
interface ScratchStart extends Pick<DividedData, 'dataSet' | 'split'> {
  readonly base: Base;
  readonly start: Network;
  readonly features: FeatureSet;
}

/**
 * Draws first weights and reads the images. Whoever gets their features closes them.
 * @throws FinetuneError `bad-data-set` when a class is left without training images; as `readOwnTopology` does
 */
export async function readForScratch(
  { plan, scanned, divided }: ScratchJob,
  context: Context,
): Promise<ScratchStart> {
  const { base, start } = await planNetwork(scanned, plan, context.emit);
  const { store } = plan.split;
  const reading = tellOfLongExtraction(context);
  const seen = await readPixels({ ...divided, base, store, views: plan.views }, reading);
  try {
    tellOfImages(seen, context.emit);
    const division = { scanned, plan: plan.split, divided, features: seen };
    return { base, start, ...(await divideAgain(division, context)) };
  } catch (error) {
    seen.close();
    throw error;
  }
}

/** The network with its first weights, and the bare input below it. */
async function planNetwork(
  { examples, classNames }: DataSet,
  { network: path, size, channels, resize, loop }: ScratchPlan,
  emit: EmitEvent,
): Promise<{ readonly base: Base; readonly start: Network }> {
  const isSettled = size !== undefined && channels !== undefined;
  const kind = isSettled ? { size, channels } : await findImageKind(examples.map(({ file }) => file));
  const classes = classNames.length;
  const planned =
    path === undefined
      ? planOwnConvnet([...(size ?? kind.size), channels ?? kind.channels], classes)
      : await readOwnTopology(path, { classes, size, usualSize: kind.size });
  for (const message of planned.notes) emit({ type: 'warning', message });
  const { network, inputShape, preprocessing } = planned;
  const drawn = drawWeights(network.topology, loop.seed, network.weights);
  const { name } = network.topology.config;
  const { base, trainable } = baseOfInput(drawn, {
    ...{ formatVersion: 1, name, architecture: name, inputShape, preprocessing },
    resize: { method: resize, interpolation: 'linear', cropFraction: resize === 'crop' ? 0.875 : 1 },
    source: 'trained from scratch',
    licence: 'that of the images',
  });
  return { base, start: trainable };
}

function planOwnConvnet(inputShape: OwnTopology['inputShape'], classes: number): OwnTopology {
  const network = { topology: planConvnet({ inputShape, classes }), weights: new Map() };
  return { network, inputShape, preprocessing: preprocessingFor('unit', inputShape[2]), notes: [] };
}

interface Known {
  readonly base: Base;
  readonly start: Network;
  readonly features: FeatureSet;
  readonly engine: Engine;
  readonly plan: ScratchPlan;
}

/** Everything that the weights depend on. */
function findCheckpoint({
  base,
  start,
  features,
  engine,
  plan: { loop, views },
}: Known): Promise<CheckpointPlace> {
  const identify = ({ images }: SubsetFeatures) =>
    images.map(({ example: { hash, label } }) => [hash, label]);
  const images = [identify(features.subset('train')), identify(features.subset('val'))];
  const how = { ...loop, ...views };
  return placeCheckpoint([fingerprintOf(start), base.preprocessingHash, how, engine, versions(), images]);
}
