// The base on a device other than the CPU, by batches; threads decode the next images meanwhile.

import type { InputRules } from '../data/image-rules.js';
import { messageOf } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { inHalf } from '../formats/onnx/half.js';
import { openDeviceSession } from '../inference/device-session.js';
import { type DeviceTrial, mostSeconds } from '../inference/device-trial.js';
import { type DeviceName, devices } from '../inference/devices.js';
import type { Session } from '../inference/session.js';
import type { Network } from '../network/network.js';
import { joinArrays } from '../system/join-arrays.js';
import { prefetch } from '../system/prefetch.js';
import type { Base } from './base.js';
import { type BaseResult, type BaseWork, isBad } from './run-images.js';
import { decodeOnThreads, taskOfExample } from './run-on-threads.js';

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
  const { rules } = base;
  const decoded = decodeOnThreads({ ...work, rules, taskOf: taskOfExample, takesPictures: true });
  const batches = inBatches(decoded, devices[placement.name].batchSize);
  const run = (batch: readonly BaseResult[]) => runBatch(session, batch, rules).catch(fail);
  try {
    for await (const results of prefetch(batches, run, { count: 1, signal })) yield* results;
  } finally {
    await session.release();
  }
}

async function* inBatches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** @param decoded images whose outcome is what the network gets of them */
async function runBatch(
  session: Session,
  decoded: readonly BaseResult[],
  { size, channels }: InputRules,
): Promise<BaseResult[]> {
  const inputs = decoded.flatMap(({ outcome }) => (outcome instanceof Float32Array ? [outcome] : []));
  if (inputs.length === 0) return [...decoded];
  const { data } = await session.run(joinArrays(inputs), [inputs.length, ...size, channels]);
  const length = data.length / inputs.length;
  let next = 0;
  return decoded.map(result => {
    if (isBad(result.outcome)) return result;
    const start = length * next++;
    return { ...result, outcome: data.slice(start, start + length) };
  });
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
