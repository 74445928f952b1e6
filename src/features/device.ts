// On which device the base runs: as told, or the one that gets the job done soonest, measured on the user's own images.

import { readImage } from '../data/read-image.js';
import { messageOf } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { type DeviceTrial, tryDevice } from '../inference/device-trial.js';
import {
  type DeviceName,
  deviceNames,
  devices,
  listLikelyDevices,
  validateDevice,
} from '../inference/devices.js';
import { measureSpeed } from '../inference/int8/trial.js';
import type { ImageBatch } from '../inference/session.js';
import { openTemporarySession } from '../inference/temporary-model.js';
import type { Context } from '../system/context.js';
import { countProcessors } from '../system/processors.js';
import type { Base } from './base.js';
import { inFloat, measureDecoding, type Precision, type PrecisionRequest, sampleOf } from './precision.js';
import { asExamples, type BaseResult, type BaseWork, isBad, predictBatches } from './run-images.js';

/** A device, with what was measured. */
export interface DeviceChoice {
  readonly name: DeviceName;
  /** Why it was taken, in a line; absent where there was nothing to choose from. */
  readonly reason?: string | undefined;
  readonly trials: DeviceTrials;
}

/** For what a device is wanted. */
export interface DeviceRequest extends PrecisionRequest {
  readonly device: 'auto' | DeviceName;
}

/** What a device is chosen for. */
export interface DeviceJob {
  readonly base: Base;
  readonly request: DeviceRequest;
  /** What to choose among beside the CPU: by default what this machine seems to have. */
  readonly candidates?: readonly DeviceName[] | undefined;
}

/** How the base computes on a device. It adds up in another order than the CPU, so its features have their own key. */
export function precisionOn({ name, reason }: DeviceChoice): Precision {
  return { ...inFloat(reason ? `on ${name}, ${reason}` : `on ${name}`), fingerprint: keyOf(name) };
}

function keyOf(device: DeviceName): string {
  return `fp32 on ${device}`;
}

/**
 * Takes the device that was asked for, if it agrees with the CPU on a few training images: else the CPU, with a warning.
 * @throws FinetuneError `engine-missing` where ONNX Runtime does not carry the device
 */
export async function takeDevice(
  name: Exclude<DeviceName, 'cpu'>,
  { base, request }: DeviceJob,
  context: Context,
): Promise<DeviceChoice> {
  await validateDevice(name);
  const missing = await request.countMissing(keyOf(name));
  if (missing === 0) return { name, reason: 'all features are stored', trials: {} };
  try {
    const trial = await tryOnSample(name, base, { request, context });
    return { name, reason: describe(trial), trials: { [name]: trial } };
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = messageOf(error);
    const message = `--device ${name} cannot be used here, so the base runs on the CPU: ${reason}`;
    context.emit({ type: 'warning', message });
    return { name: 'cpu', reason: `${name} cannot be used: ${reason}`, trials: {} };
  }
}

/**
 * Chooses among the devices that this machine seems to have. Where there is none but the CPU, nothing is measured.
 * @param precision in which the base would run on the CPU
 */
export async function chooseDevice(
  precision: Precision,
  work: DeviceJob,
  context: Context,
): Promise<DeviceChoice> {
  const { request, candidates } = work;
  const likely = request.wanted === 'int8' ? [] : (candidates ?? (await listLikelyDevices()));
  if (likely.length === 0) return { name: 'cpu', trials: {} };
  const images = await request.countMissing(precision.fingerprint);
  if (images === 0) return { name: 'cpu', reason: 'all features are stored', trials: {} };
  for (const name of likely) {
    if ((await request.countMissing(keyOf(name))) === 0)
      return { name, reason: 'all features are stored', trials: {} };
  }
  const cpu = { images, ...(await measureCpu(precision, work)) };
  if (secondsOnCpu(cpu) < worthTryingSeconds) {
    return { name: 'cpu', reason: `about ${secondsOnCpu(cpu).toFixed(1)} s on the CPU`, trials: {} };
  }
  const { trials, failures } = await tryDevices(likely, work, context);
  const name = findSoonest(cpu, trials);
  const taken = trials[name];
  if (taken !== undefined) return { name, reason: describe(taken), trials };
  const measured = Object.entries(trials).map(([device, trial]) => `${device} ${describe(trial)}`);
  return { name, reason: [...measured, ...failures].join('; '), trials };
}

async function measureCpu(
  precision: Precision,
  { base, request }: DeviceJob,
): Promise<Omit<CpuJob, 'images'>> {
  const { graph } = precision.compileBase(base.network);
  const shape = [1, ...base.size, base.rules.channels] as const;
  const processors = countProcessors();
  return {
    decode: (await measureDecoding(base, request.train)) / processors,
    base: 1 / (await measureSpeed(graph, shape, { threads: 1 })) / processors,
  };
}

/** Trials by device. */
type DeviceTrials = Readonly<Partial<Record<DeviceName, DeviceTrial>>>;

async function tryDevices(
  names: readonly DeviceName[],
  { base, request }: DeviceJob,
  context: Context,
): Promise<{ readonly trials: DeviceTrials; readonly failures: readonly string[] }> {
  const trials: Partial<Record<DeviceName, DeviceTrial>> = {};
  const failures: string[] = [];
  for (const name of names) {
    try {
      trials[name] = await tryOnSample(name, base, { request, context, seconds: mostTrialSeconds });
    } catch (error) {
      context.signal.throwIfAborted();
      failures.push(`${name} cannot be used: ${messageOf(error)}`);
    }
  }
  return { trials, failures };
}

/** Nobody has asked for the device: a driver that takes longer is left alone. */
const mostTrialSeconds = 60;

/** A job on the CPU: images, and seconds per image with all processors at work. */
export interface CpuJob {
  readonly images: number;
  readonly decode: number;
  readonly base: number;
}

/** What takes less time than this, in seconds, is not worth starting another device for. */
const worthTryingSeconds = 15;

/** A device is taken only where it spares more than measuring errs: a tenth of the time. */
const mostOfCpuTime = 0.9;

/** The device with which the job is done soonest. While it computes, the processors decode the next images. */
export function findSoonest(cpu: CpuJob, trials: DeviceTrials): DeviceName {
  let [soonest, least]: [DeviceName, number] = ['cpu', secondsOnCpu(cpu) * mostOfCpuTime];
  for (const name of deviceNames) {
    const trial = trials[name];
    if (trial === undefined) continue;
    const seconds = trial.startSeconds + cpu.images * Math.max(cpu.decode, 1 / trial.imagesPerSecond);
    if (seconds < least) [soonest, least] = [name, seconds];
  }
  return soonest;
}

function secondsOnCpu({ images, decode, base }: CpuJob): number {
  return images * (decode + base);
}

function describe({ imagesPerSecond, startSeconds, cosineMin }: DeviceTrial): string {
  return (
    `${imagesPerSecond.toFixed(1)} images/s after ${startSeconds.toFixed(1)} s, ` +
    `features at cosine ${cosineMin.toFixed(4)} or better`
  );
}

/** What a trial needs to know beside the base. */
interface Trying {
  readonly request: DeviceRequest;
  readonly context: Context;
  readonly seconds?: number;
}

async function tryOnSample(
  device: DeviceName,
  { network, rules }: Base,
  { request, context, seconds }: Trying,
): Promise<DeviceTrial> {
  const images: ImageBatch[] = [];
  for (const { file } of sampleOf(request.train).slice(0, devices[device].batchSize)) {
    const read = await readImage(file, rules);
    if (!isBad(read)) images.push(read);
  }
  if (images.length === 0) throw new Error('no training image can be read to try it on');
  return tryDevice(device, { graph: compileGraph(network), images, seconds }, context.signal);
}

/** Runs the base on a device by batches; the next images are decoded meanwhile. */
export async function* runOnDevice(
  device: DeviceName,
  { network, rules }: Base,
  { images, signal }: BaseWork,
): AsyncGenerator<BaseResult> {
  // Between two batches it hears of an abort.
  const options = { ...asExamples, rules, signal, batchSize: devices[device].batchSize };
  const session = await openTemporarySession(compileGraph(network), { device });
  try {
    for await (const { image, output, reason } of predictBatches(session, images, options))
      yield { image, outcome: output ?? { reason } };
  } finally {
    await session.release();
  }
}
