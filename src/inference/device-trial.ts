// A network tried on a device before anything relies on it.

import type { OnnxGraph } from '../formats/onnx/graph.js';
import { inHalf } from '../formats/onnx/half.js';
import { type Agreement, compareOutputs, validateAgreement } from './agreement.js';
import { openDeviceSession } from './device-session.js';
import type { DeviceName } from './devices.js';
import { type ImageBatch, joinBatches, type Session } from './session.js';
import { withSession } from './temporary-model.js';

/** How a network does on a device, beside the CPU. */
export interface DeviceTrial extends Agreement {
  /** Whether it ran in half precision there. */
  readonly half: boolean;
  /** The speed of the second run of the batch: the first one compiles. */
  readonly imagesPerSecond: number;
  /** Opening the device, and the first run. */
  readonly startSeconds: number;
}

/** What is tried, and for how long. */
export interface DeviceWork {
  /** In single precision. */
  readonly graph: OnnxGraph;
  /** Whether the device runs it in half precision. */
  readonly half?: boolean | undefined;
  /** One at least, all of one size. */
  readonly images: readonly ImageBatch[];
  /** A driver that takes longer, to open the network or for a batch, is given up. */
  readonly seconds?: number | undefined;
}

/**
 * Runs a graph on images on the CPU and on a device.
 * @throws Error with the reason why the device cannot be used: it is missing, it fails, or it computes something else
 */
export async function tryDevice(
  device: DeviceName,
  work: DeviceWork,
  signal?: AbortSignal,
): Promise<DeviceTrial> {
  const { session, trial } = await openTriedDevice(device, work, signal);
  await session.release();
  return trial;
}

/**
 * The same for a graph that is to run there: the session stays open.
 * @throws as `tryDevice` does
 */
export async function openTriedDevice(
  device: DeviceName,
  { graph, half = false, images, seconds = mostSeconds() }: DeviceWork,
  signal?: AbortSignal,
): Promise<{ readonly session: Session; readonly trial: DeviceTrial }> {
  const { input, shape } = joinBatches(images);
  const expected = await withSession(graph, {}, session => session.run(input, shape));
  const started = performance.now();
  const session = await openDeviceSession(half ? inHalf(graph) : graph, { device, seconds, signal });
  try {
    await session.run(input, shape);
    const warm = performance.now();
    const { data } = await session.run(input, shape);
    const finished = performance.now();
    const agreement = compareOutputs(data, expected.data, images.length);
    validateAgreement(agreement);
    const trial = {
      ...{ ...agreement, half },
      imagesPerSecond: (1000 * images.length) / (finished - warm),
      startSeconds: (warm - started) / 1000,
    };
    session.limit(mostSeconds(trial));
    return { session, trial };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/**
 * How long a driver may take to open a network, or for a batch, in seconds: many times what it took when it was tried, since
 * others may use the device meanwhile.
 */
export function mostSeconds(trial?: DeviceTrial): number {
  return trial === undefined ? 300 : Math.max(60, Math.ceil(20 * trial.startSeconds));
}
