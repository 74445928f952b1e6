// A network on a device other than the CPU, in a process of its own: a driver that crashes or hangs takes that process, and
// the rest of the work goes on without it. Images go there, and outputs come back, through files.

import { dirname, join } from 'node:path';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import { elementCount } from '../network/source.js';
import { type Child, startChild } from '../system/child-process.js';
import { BatchRunner, type ImageBatch, type SessionOutput } from './batch.js';
import { planBatchSize } from './batch-size.js';
import type { DeviceName } from './devices.js';
import { FloatFile } from './float-file.js';
import type { Session } from './session.js';
import { writeTemporaryModel } from './temporary-model.js';

/** What the process is told first; every other question is the shape of images that lie in their file. */
export interface ModelOnDevice {
  /** An ONNX file. */
  readonly model: string;
  readonly device: DeviceName;
  /** The files by which images come and outputs go. */
  readonly images: string;
  readonly outputs: string;
}

/** What it answers then; after that, it answers with the shape of the outputs that lie in their file. */
export type Declared = Pick<Session, 'inputShape' | 'outputShape'>;

/** On what a network runs, and for how long it may do so. */
export interface DeviceOptions {
  readonly device: DeviceName;
  /** A driver that takes longer, to open the network or for a batch, is given up. */
  readonly seconds: number;
  /** Ends the process: a run rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/** A session whose runs may take so long, and no longer. */
export interface DeviceSession extends Session {
  /** @param seconds for each batch from now on: a driver that takes longer is given up */
  limit(seconds: number): void;
}

/**
 * Opens a graph on a device.
 * @throws Error with the reason why the device cannot be used, as every run does once the device has failed
 */
export async function openDeviceSession(
  graph: OnnxGraph,
  { device, seconds, signal }: DeviceOptions,
): Promise<DeviceSession> {
  const batchSize = await planBatchSize(device, graph);
  const model = await writeTemporaryModel(graph);
  const child = startChild(import.meta.url, './device-session-process', signal);
  const files: FloatFile[] = [];
  const release = async () => {
    await child.end();
    for (const file of files) await file.close();
    await model.remove();
  };
  const openFile = async (path: string) => {
    const file = await FloatFile.open(path, 'w');
    files.push(file);
    return file;
  };
  try {
    const folder = dirname(model.path);
    const [images, outputs] = [join(folder, 'images'), join(folder, 'outputs')];
    const running = { child, seconds, images: await openFile(images), outputs: await openFile(outputs) };
    const question: ModelOnDevice = { model: model.path, device, images, outputs };
    const declared = await child.ask<Declared>(question, seconds);
    const runner = new BatchRunner(batch => runBatch(running, batch), batchSize);
    const run = (input: ImageBatch['input'], shape: ImageBatch['shape']) => runner.run({ input, shape });
    const limit = (most: number) => {
      running.seconds = most;
    };
    return { ...declared, run, release, limit };
  } catch (error) {
    await release();
    throw error;
  }
}

interface DeviceProcess {
  readonly child: Child;
  readonly images: FloatFile;
  readonly outputs: FloatFile;
  readonly seconds: number;
}

async function runBatch(
  { child, images, outputs, seconds }: DeviceProcess,
  { input, shape }: ImageBatch,
): Promise<SessionOutput> {
  await images.write(input);
  const given = await child.ask<readonly number[]>(shape, seconds);
  const data = new Float32Array(elementCount(given));
  await outputs.read(data);
  return { data, shape: given };
}
