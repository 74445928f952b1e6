// A network tried on a device, in a process of its own: what crashes there leaves this process standing.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import { askChild } from '../system/child-process.js';
import { makeTemporaryFolder } from '../system/temporary-folder.js';
import type { DeviceName } from './devices.js';
import { type ImageBatch, type ImageBatchShape, joinBatches } from './session.js';
import { writeTemporaryModel } from './temporary-model.js';

/** What the process is told. */
export interface DeviceTask {
  readonly device: DeviceName;
  /** An ONNX file. */
  readonly model: string;
  /** A file of preprocessed images, float32, row-major. */
  readonly images: string;
  readonly shape: ImageBatchShape;
}

/** How a network does on a device, beside the CPU. */
export interface DeviceTrial {
  /** Lowest cosine of an image's output with that of the CPU. */
  readonly cosineMin: number;
  /** Of the second run of the batch: the first one compiles. */
  readonly imagesPerSecond: number;
  /** Opening the device, and the first run. */
  readonly startSeconds: number;
}

/** The lowest cosine at which a device counts as agreeing with the CPU. */
export const enoughAgreement = 0.9995;

/** What is tried, and for how long. */
export interface DeviceWork {
  readonly graph: OnnxGraph;
  /** One at least, all of one size. */
  readonly images: readonly ImageBatch[];
  /** A driver that takes longer is given up. */
  readonly seconds?: number | undefined;
}

/**
 * Runs a graph on images on the CPU and on a device.
 * @throws Error with the reason why the device cannot be used: it is missing, it fails, or it computes something else
 */
export async function tryDevice(
  device: DeviceName,
  { graph, images, seconds = 300 }: DeviceWork,
  signal?: AbortSignal,
): Promise<DeviceTrial> {
  const { input, shape } = joinBatches(images);
  const folder = makeTemporaryFolder('device');
  try {
    const file = join(folder.path, 'images.bin');
    await writeFile(file, input);
    const model = await writeTemporaryModel(graph);
    try {
      const task: DeviceTask = { device, model: model.path, images: file, shape };
      const options = { seconds, signal };
      const trial = await askChild<DeviceTrial>(import.meta.url, './device-process', task, options);
      if (trial.cosineMin >= enoughAgreement) return trial;
      throw new Error(`its results differ from the CPU's: cosine ${trial.cosineMin.toFixed(4)}`);
    } finally {
      await model.remove();
    }
  } finally {
    await folder.remove();
  }
}
