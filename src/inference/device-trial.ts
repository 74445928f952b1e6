// A network tried on a device, in a process of its own: what crashes there leaves this process standing.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import { inHalf } from '../formats/onnx/half.js';
import { askChild } from '../system/child-process.js';
import { makeTemporaryFolder } from '../system/temporary-folder.js';
import { type Agreement, validateAgreement } from './agreement.js';
import type { DeviceName } from './devices.js';
import { type ImageBatch, type ImageBatchShape, joinBatches } from './session.js';
import { writeTemporaryModel } from './temporary-model.js';

/** What the process is told. */
export interface DeviceTask {
  readonly device: DeviceName;
  /** An ONNX file, which runs on the device. */
  readonly model: string;
  /** Another one, in single precision, which runs on the CPU. */
  readonly reference: string;
  /** A file of preprocessed images, float32, row-major. */
  readonly images: string;
  readonly shape: ImageBatchShape;
}

/** How a network does on a device, beside the CPU. */
export interface DeviceTrial extends Agreement {
  /** Whether it ran in half precision there. */
  readonly half: boolean;
  /** Of the second run of the batch: the first one compiles. */
  readonly imagesPerSecond: number;
  /** Opening the device, and the first run. */
  readonly startSeconds: number;
}

/** What the process answers. */
export type Measured = Omit<DeviceTrial, 'half'>;

/** What is tried, and for how long. */
export interface DeviceWork {
  /** In single precision. */
  readonly graph: OnnxGraph;
  /** Whether the device runs it in half precision. */
  readonly half?: boolean | undefined;
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
  { graph, half = false, images, seconds = 300 }: DeviceWork,
  signal?: AbortSignal,
): Promise<DeviceTrial> {
  const { input, shape } = joinBatches(images);
  const folder = makeTemporaryFolder('device');
  try {
    const file = join(folder.path, 'images.bin');
    await writeFile(file, input);
    const reference = await writeTemporaryModel(graph);
    const model = half ? await writeTemporaryModel(inHalf(graph)) : reference;
    try {
      const task: DeviceTask = {
        ...{ device, model: model.path, reference: reference.path, images: file, shape },
      };
      const options = { seconds, signal };
      const ran = await askChild<Measured>(import.meta.url, './device-process', task, options);
      validateAgreement(ran);
      return { ...ran, half };
    } finally {
      await Promise.all([model.remove(), reference.remove()]);
    }
  } finally {
    await folder.remove();
  }
}
