// How many images a device gets at a time: as many as its memory holds, as far as can be told beforehand. What is left out
// shows when it runs, and the batch is halved (batch.ts).

import type { OnnxGraph } from '../formats/onnx/graph.js';
import { type DeviceName, devices } from './devices.js';

/** Input, output and workspace of a convolution, in outputs of the largest one. */
const outputsAtOnce = 4;

/**
 * Images at a time, so that the largest convolution fits into the memory that the device has free.
 * @returns from 1 to the number that the device gains most by
 */
export async function planBatchSize(device: DeviceName, graph: OnnxGraph): Promise<number> {
  const { batchSize, freeMemory } = devices[device];
  if (batchSize === 1) return 1;
  return Math.max(1, Math.min(batchSize, Math.floor((await freeMemory()) / bytesPerImage(graph))));
}

/** What one image needs in single precision, in bytes. */
export function bytesPerImage({ nodes, initializers, mapSizes }: OnnxGraph): number {
  const sizes = nodes.map(({ name, inputs }) => {
    const [height, width] = mapSizes.get(name) ?? [0, 0];
    const [channels = 0] = initializers.get(inputs[1] ?? '')?.shape ?? [];
    return height * width * channels;
  });
  const largest = sizes.reduce((most, size) => Math.max(most, size), 1);
  return outputsAtOnce * Float32Array.BYTES_PER_ELEMENT * largest;
}
