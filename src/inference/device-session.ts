// A network on a device other than the CPU, in a process of its own: a driver that crashes or hangs takes that process, and
// the rest of the work goes on without it.

import type { OnnxGraph } from '../formats/onnx/graph.js';
import { startChild } from '../system/child-process.js';
import { BatchRunner, type ImageBatch, type SessionOutput } from './batch.js';
import { planBatchSize } from './batch-size.js';
import type { DeviceName } from './devices.js';
import type { Session } from './session.js';
import { writeTemporaryModel } from './temporary-model.js';

/** What the process is told first; every other question is a batch. */
export interface ModelOnDevice {
  /** An ONNX file. */
  readonly model: string;
  readonly device: DeviceName;
}

/** What it answers then. */
export type Declared = Pick<Session, 'inputShape' | 'outputShape'>;

/** On what a network runs, and for how long it may do so. */
export interface DeviceOptions {
  readonly device: DeviceName;
  /** A driver that takes longer, to open the network or for a batch, is given up. */
  readonly seconds: number;
  /** Ends the process: a run rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a graph on a device.
 * @throws Error with the reason why the device cannot be used, as every run does once the device has failed
 */
export async function openDeviceSession(
  graph: OnnxGraph,
  { device, seconds, signal }: DeviceOptions,
): Promise<Session> {
  const batchSize = await planBatchSize(device, graph);
  const model = await writeTemporaryModel(graph);
  const child = startChild(import.meta.url, './device-session-process', signal);
  const release = async () => {
    await child.end();
    await model.remove();
  };
  try {
    const question: ModelOnDevice = { model: model.path, device };
    const declared = await child.ask<Declared>(question, seconds);
    const runner = new BatchRunner(batch => child.ask<SessionOutput>(batch, seconds), batchSize);
    const run = (input: ImageBatch['input'], shape: ImageBatch['shape']) => runner.run({ input, shape });
    return { ...declared, run, release };
  } catch (error) {
    await release();
    throw error;
  }
}
