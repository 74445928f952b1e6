// What is learnt from images before any trial: the statistics to calibrate with, and probes that they do not know.

import type { OnnxGraph } from '../../formats/onnx/graph.js';
import type { ImageInput } from '../image-input.js';
import type { Calibration } from './calibration.js';
import type { Images } from './images.js';
import { openObserver, type RangeMethod } from './observe.js';

/** One image in three is not calibrated on but measured on, up to this many. */
const mostProbes = 8;

/** An image that calibration has not seen, with its features in float. */
export interface Probe extends ImageInput {
  readonly features: Float32Array;
}

export interface Observations {
  readonly probes: readonly Probe[];
  readonly statistics: (method: RangeMethod) => Calibration['values'];
}

/** Two sessions at once would need twice the memory: this one is gone when the trials begin. */
export async function observeImages(graph: OnnxGraph, images: Images): Promise<Observations> {
  const observer = await openObserver(graph);
  const probes: Probe[] = [];
  let seen = 0;
  try {
    for await (const image of images) {
      const isProbe = seen % 3 === 0 && probes.length < mostProbes;
      const features = await observer.run(image, !isProbe);
      if (isProbe) probes.push({ ...image, features: features.slice() });
      seen += 1;
    }
  } finally {
    await observer.release();
  }
  return { probes, statistics: method => observer.statistics(method) };
}
