// The base on a device other than the CPU, by batches; threads decode the next images meanwhile.

import { messageOf } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { inHalf } from '../formats/onnx/half.js';
import { openDeviceSession } from '../inference/device-session.js';
import { type DeviceTrial, mostSeconds } from '../inference/device-trial.js';
import { type DeviceName, devices } from '../inference/devices.js';
import type { Session } from '../inference/session.js';
import type { Network } from '../network/network.js';
import type { Base } from './base.js';
import { runOnDecoded } from './decoded-images.js';
import { taskOfExample } from './pool.js';
import type { BaseResult, BaseWork, Runner } from './run-images.js';

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
  base: Pick<Base, 'network' | 'rules'>,
  work: BaseWork,
): AsyncGenerator<BaseResult> {
  const { signal } = work;
  const fail = (error: unknown): never => {
    signal.throwIfAborted();
    throw new DeviceFailure(placement.name, error);
  };
  const session = await openOnDevice(placement, base.network, signal).catch(fail);
  const runner: Runner = { run: (input, shape) => session.run(input, shape).catch(fail) };
  const { batchSize } = devices[placement.name];
  const how = { taskOf: taskOfExample, takesPictures: true, rules: base.rules, session: runner, batchSize };
  try {
    yield* runOnDecoded({ ...work, ...how });
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
