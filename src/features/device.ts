// On which device the base runs: as told, or the one that gets the job done soonest, measured on the user's own images.

import { readImage } from '../data/read-image.js';
import { messageOf } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { type DeviceTrial, tryDevice } from '../inference/device-trial.js';
import { type DeviceName, devices, listLikelyDevices, validateDevice } from '../inference/devices.js';
import { measureSpeed } from '../inference/int8/trial.js';
import type { ImageBatch } from '../inference/session.js';
import type { Context } from '../system/context.js';
import { countProcessors } from '../system/processors.js';
import type { Base } from './base.js';
import {
  inFloat,
  measureDecoding,
  type Precision,
  type PrecisionName,
  type PrecisionRequest,
  sampleOf,
} from './precision.js';
import { isBad } from './run-images.js';
import type { Placement } from './run-on-device.js';
import { type CpuJob, findSoonest, mostOfTime, secondsOnCpu, worthTryingSeconds } from './soonest.js';

/** A device, with what was measured. */
export interface DeviceChoice extends Placement {
  /** Why it was taken, in a line; absent where there was nothing to choose from. */
  readonly reason?: string | undefined;
}

/** What a device is wanted for. */
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

/** Where there is nothing else to run on. */
const onCpu = { name: 'cpu', half: false, trials: {} } as const;

/**
 * How the base computes on a device. It adds up in another order than the CPU, so its features have their own key. The
 * classifier is compiled in single precision all the same.
 */
export function precisionOn({ name, half, reason }: DeviceChoice): Precision {
  const where = `on ${name}`;
  return {
    ...inFloat(reason ? `${where}, ${reason}` : where),
    ...{ name: nameOf(half), fingerprint: keyOf({ name, half }) },
  };
}

function nameOf(half: boolean): PrecisionName {
  return half ? 'fp16' : 'fp32';
}

function keyOf({ name, half }: Pick<Placement, 'name' | 'half'>): string {
  return `${nameOf(half)} on ${name}`;
}

/** Where the features of all images are stored already: in half precision, if that is allowed, or in single. */
async function findStored(name: DeviceName, { wanted, countMissing }: DeviceRequest) {
  for (const half of wanted === 'fp32' ? [false] : [true, false]) {
    if ((await countMissing(keyOf({ name, half }))) === 0)
      return { name, half, reason: 'all features are stored', trials: {} };
  }
  return undefined;
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
  const stored = await findStored(name, request);
  if (stored !== undefined) return stored;
  try {
    const trial = await tryOnSample(name, base, { request, context });
    return { name, half: trial.half, reason: describe(trial), trials: { [name]: trial } };
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = messageOf(error);
    const message = `--device ${name} cannot be used here, so the base runs on the CPU: ${reason}`;
    context.emit({ type: 'warning', message });
    return { ...onCpu, reason: `${name} cannot be used: ${reason}` };
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
  if (likely.length === 0) return onCpu;
  const images = await request.countMissing(precision.fingerprint);
  if (images === 0) return { ...onCpu, reason: 'all features are stored' };
  for (const name of likely) {
    const stored = await findStored(name, request);
    if (stored !== undefined) return stored;
  }
  const cpu = { images, ...(await measureCpu(precision, work)) };
  if (secondsOnCpu(cpu) < worthTryingSeconds) {
    return { ...onCpu, reason: `about ${secondsOnCpu(cpu).toFixed(1)} s on the CPU` };
  }
  const { trials, failures } = await tryDevices(likely, work, context);
  const name = findSoonest(cpu, trials);
  const taken = trials[name];
  if (taken !== undefined) return { name, half: taken.half, reason: describe(taken), trials };
  const measured = Object.entries(trials).map(([device, trial]) => `${device} ${describe(trial)}`);
  return { ...onCpu, reason: [...measured, ...failures].join('; '), trials };
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

async function tryDevices(
  names: readonly DeviceName[],
  { base, request }: DeviceJob,
  context: Context,
): Promise<{ readonly trials: Placement['trials']; readonly failures: readonly string[] }> {
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

/** How long a driver may take for a device that nobody has asked for. */
const mostTrialSeconds = 60;

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

/** In single precision, then in half, where that is allowed and the job is long enough to tell the difference. */
async function tryOnSample(device: DeviceName, base: Base, trying: Trying): Promise<DeviceTrial> {
  const { request, context, seconds } = trying;
  const work = {
    graph: compileGraph(base.network),
    images: await readSample(device, base, request),
    seconds,
  };
  const single = await tryDevice(device, work, context.signal);
  const images = await request.countMissing(keyOf({ name: device, half: false }));
  if (request.wanted === 'fp32' || images / single.imagesPerSecond < worthHalvingSeconds) return single;
  const half = await tryDevice(device, { ...work, half: true }, context.signal).catch(() => undefined);
  context.signal.throwIfAborted();
  return half !== undefined && half.imagesPerSecond * mostOfTime > single.imagesPerSecond ? half : single;
}

/** What takes less time than this, in seconds, gains nothing by half precision that trying it does not cost. */
const worthHalvingSeconds = 5;

async function readSample(
  device: DeviceName,
  { rules }: Base,
  request: DeviceRequest,
): Promise<ImageBatch[]> {
  const images: ImageBatch[] = [];
  for (const { file } of sampleOf(request.train).slice(0, devices[device].batchSize)) {
    const read = await readImage(file, rules);
    if (!isBad(read)) images.push(read);
  }
  if (images.length === 0) throw new Error('no training image can be read to try it on');
  // By powers of two, as a long job runs.
  return images.slice(0, 2 ** Math.floor(Math.log2(images.length)));
}
