// What `finetune doctor` says of each device: whether it is here, whether it computes what the CPU computes, how fast.

import { generateImages } from '../data/generated-images.js';
import { preprocess } from '../data/preprocess.js';
import { messageOf } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { findCuda } from '../inference/cuda/place.js';
import { examineMachine, findObstacle } from '../inference/cuda/requirements.js';
import { type DeviceTrial, type DeviceWork, tryDevice } from '../inference/device-trial.js';
import { type DeviceName, listCarriedDevices, listLikelyDevices } from '../inference/devices.js';
import type { ImageBatch } from '../inference/session.js';
import type { Check } from '../system/check.js';
import { type BaseOptions, loadBase } from './base.js';

/** What is tried, where nothing else is said: the backbone that comes with the program, on what this machine seems to have. */
interface DeviceCheckOptions {
  readonly candidates?: readonly DeviceName[];
  readonly inputShape?: BaseOptions['inputShape'];
  readonly cut?: string;
  readonly signal?: AbortSignal;
}

/** A row for every device that ONNX Runtime can speak to here. */
export async function checkDevices(options: DeviceCheckOptions = {}): Promise<Check[]> {
  const carried = await listCarriedDevices();
  const tried = new Set<DeviceName>(['cpu', ...(options.candidates ?? (await listLikelyDevices()))]);
  const work = await prepareWork(options);
  const checks: Check[] = [];
  for (const device of carried)
    checks.push(
      tried.has(device) ? await check(device, work, options.signal) : await explain(device, options),
    );
  return checks;
}

async function prepareWork({ inputShape, cut }: DeviceCheckOptions): Promise<DeviceWork> {
  const base = await loadBase({ backbone: embedded, inputShape, cut, resize: undefined, pooling: 'avg' });
  const { size, channels, preprocessing } = base.rules;
  const images = generateImages(size, channels).map(({ data }): ImageBatch => {
    return { input: preprocess(data, preprocessing), shape: [1, ...size, channels] };
  });
  return { graph: compileGraph(base.network), images };
}

/** The backbone that comes with the program. */
const embedded = 'efficientnet-lite0';

async function check(device: DeviceName, work: DeviceWork, signal?: AbortSignal): Promise<Check> {
  const name = nameOf(device);
  try {
    const trial = await tryDevice(device, work, signal);
    return { name, finding: describe(trial, device), details: { device, found: true, usable: true, trial } };
  } catch (error) {
    signal?.throwIfAborted();
    const reason = messageOf(error);
    const details = { device, found: true, usable: false, reason };
    return { name, finding: `cannot be used: ${reason}`, details };
  }
}

/** Says of a device that it is not here; for CUDA also what is missing. */
async function explain(device: DeviceName, { signal }: DeviceCheckOptions): Promise<Check> {
  const name = nameOf(device);
  const details = { device, found: false, usable: false };
  if (device !== 'cuda') return { name, finding: 'not found: no GPU with a driver for it', details };
  const machine = await examineMachine(signal);
  const obstacle = findObstacle(machine);
  // Its first sentence: the others say what to do, as `finetune setup --cuda` does.
  if (obstacle !== undefined) {
    const [short] = obstacle.split('. ');
    return { name, finding: `not usable: ${short}`, details: { ...details, reason: obstacle } };
  }
  if (findCuda() !== undefined) return { name, finding: 'not found: the driver has no GPU', details };
  return {
    name,
    finding: `not set up: ${machine.gpus.map(gpu => gpu.name).join(', ') || 'an NVIDIA driver'} is here`,
    details: { ...details, found: true },
    problem: 'The GPU is not used.',
    remedy: 'finetune setup --cuda',
  };
}

function nameOf(device: DeviceName): string {
  return `Device ${device}`;
}

function describe({ imagesPerSecond, startSeconds }: DeviceTrial, device: DeviceName): string {
  const speed = `${imagesPerSecond.toFixed(0)} images/s with ${embedded}`;
  return device === 'cpu' ? speed : `${speed} after ${startSeconds.toFixed(1)} s, as the CPU computes it`;
}
