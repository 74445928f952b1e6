// The base on a device other than the CPU, by batches; the next images are decoded meanwhile.

import { pictureTaker } from '../data/small-picture.js';
import type { ValueRange } from '../data/value-range.js';
import { messageOf } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { inHalf } from '../formats/onnx/half.js';
import { openDeviceSession } from '../inference/device-session.js';
import { type DeviceTrial, mostSeconds } from '../inference/device-trial.js';
import { type DeviceName, devices } from '../inference/devices.js';
import type { Session } from '../inference/session.js';
import type { Network } from '../network/network.js';
import type { Base } from './base.js';
import { DamageSampler } from './damage-sample.js';
import {
  asExamples,
  type BaseResult,
  type BaseWork,
  predictBatches,
  type Runner,
  type ViewedExample,
} from './run-images.js';

/** What a network runs on, and in which precision. */
export interface Placement {
  readonly name: DeviceName;
  /** In half precision. */
  readonly half: boolean;
  /** What was measured before; a device whose features are all stored was not tried. */
  readonly trials: Trials;
}

/** By device. */
type Trials = Readonly<Partial<Record<DeviceName, DeviceTrial>>>;

/** A device that worked when it was tried, and does not any more. */
export class DeviceFailure extends Error {
  constructor(
    readonly device: DeviceName,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

/**
 * Runs the base on a device.
 * @throws DeviceFailure where the device does not start or fails; the signal's reason once it is aborted
 */
export async function* runOnDevice(
  placement: Placement,
  { network, rules }: Pick<Base, 'network' | 'rules'>,
  { images, signal, damage }: Pick<BaseWork, 'images' | 'signal' | 'damage'>,
): AsyncGenerator<BaseResult> {
  const fail = (error: unknown): never => {
    signal.throwIfAborted();
    throw new DeviceFailure(placement.name, error);
  };
  const session = await openOnDevice(placement, network, signal).catch(fail);
  const sampler = damage && new DamageSampler();
  const narrowRanges = new Map<ViewedExample, ValueRange>();
  const pictures = new Map<ViewedExample, Uint8Array>();
  const optionsOf = (image: ViewedExample) => ({
    ...asExamples.optionsOf(image),
    onBytes: (bytes: Buffer) => sampler?.look(image.example.path, bytes),
    onNarrowRange: (range: ValueRange) => void narrowRanges.set(image, range),
    onPixels: pictureTaker(rules, image.view, picture => void pictures.set(image, picture)),
  });
  // Between two batches it hears of an abort.
  const options = { ...asExamples, optionsOf, rules, signal, batchSize: devices[placement.name].batchSize };
  const runner: Runner = { run: (input, shape) => session.run(input, shape).catch(fail) };
  try {
    for await (const { image, output, reason } of predictBatches(runner, images, options)) {
      const picture = pictures.get(image);
      pictures.delete(image);
      yield { image, outcome: output ?? { reason }, narrowRange: narrowRanges.get(image), picture };
    }
    for (const [path, reason] of sampler?.take() ?? []) damage?.set(path, reason);
  } finally {
    await session.release();
  }
}

/** Compiles a network for a device. */
export function openOnDevice(
  { name, half, trials }: Placement,
  network: Network,
  signal?: AbortSignal,
): Promise<Session> {
  const graph = compileGraph(network);
  const options = { device: name, seconds: mostSeconds(trials[name]), signal };
  return openDeviceSession(half ? inHalf(graph) : graph, options);
}
