// Runs a network in float on images and keeps what matters for quantization: per value and image the extremes, per channel
// the mean. Some of the images are probes: they are not calibrated on, but kept with their features to measure on.

import type { InferenceSession } from 'onnxruntime-node';
import { nodeFor, type OnnxGraph } from '../../formats/onnx/graph.js';
import { badModel, importRuntime, openInference } from '../runtime.js';
import type { ImageBatch } from '../session.js';
import { writeTemporaryModel } from '../temporary-model.js';
import { valuesToObserve } from './plan.js';
import type { Calibration, Range, ValueStatistics } from './quantization.js';

/** How the range of a value follows from its extremes on single images. */
export type RangeMethod = 'min-max' | 'percentile';

/** With `percentile`, the images that reach out farthest are left out of account: this part of them at each end. */
const leftOut = 0.1;

/** One image in three is not calibrated on but measured on, up to this many. */
const mostProbes = 8;

/** An image that calibration has not seen, with its features in float. */
export interface Probe extends ImageBatch {
  readonly features: Float32Array;
}

/** What is learnt from images before any trial. */
export interface Observations {
  readonly probes: readonly Probe[];
  readonly statistics: (method: RangeMethod) => Calibration['values'];
}

/** Images, as they come. */
export type Images = AsyncIterable<ImageBatch> | Iterable<ImageBatch>;

/** Two sessions at once would need twice the memory: this one is gone when the trials begin. */
export async function observeImages(
  graph: OnnxGraph,
  images: Images,
  signal?: AbortSignal,
): Promise<Observations> {
  const observer = await openObserver(graph);
  const probes: Probe[] = [];
  let seen = 0;
  try {
    for await (const image of images) {
      signal?.throwIfAborted();
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

/** A network under observation. */
export interface Observer {
  /** Runs the network on one image, and remembers what its values are unless it is told not to. */
  run(image: ImageBatch, remember: boolean): Promise<Float32Array>;
  /** What has been seen so far, by value. */
  statistics(method: RangeMethod): ReadonlyMap<string, ValueStatistics>;
  release(): Promise<void>;
}

/** Opens a network for observation. Its memory does not grow with the images, but for two numbers per value and image. */
export async function openObserver(graph: OnnxGraph): Promise<Observer> {
  const { Tensor } = await importRuntime();
  const records = new Map(valuesToObserve(graph).map(name => [name, new ValueRecord()]));
  const measured = measureValues(graph, [...records.keys()]);
  const model = await writeTemporaryModel(measured.graph, measured.outputs);
  const inference = await openInference(model.path).catch(async error => {
    await model.remove();
    throw error;
  });
  return {
    async run({ input, shape }, remember) {
      const results = await inference.run({ [graph.input.name]: new Tensor('float32', input, shape) });
      if (remember) {
        for (const [name, record] of records) {
          record.add({
            min: numbersOf(results, `${name}/min`),
            max: numbersOf(results, `${name}/max`),
            mean: numbersOf(results, `${name}/mean`),
          });
        }
      }
      return numbersOf(results, 'output');
    },
    statistics: method => new Map(Array.from(records, ([name, record]) => [name, record.statistics(method)])),
    async release() {
      await inference.release();
      await model.remove();
    },
  };
}

function numbersOf(results: InferenceSession.ReturnType, name: string): Float32Array {
  const { data } = results[name] ?? {};
  if (data instanceof Float32Array) return data;
  throw badModel('The observed network', `it does not give ${name}`);
}

/** Adds nodes that reduce each value to a number per channel: `[n, channels]`, so that no feature map leaves the graph. */
function measureValues(
  graph: OnnxGraph,
  names: readonly string[],
): { readonly graph: OnnxGraph; readonly outputs: readonly string[] } {
  const initializers = new Map(graph.initializers);
  initializers.set('observer/rows', { shape: [3], data: BigInt64Array.of(0n, 0n, -1n) });
  const added = names.flatMap(name => {
    const rows = `${name}/rows`;
    const reduce = (op: string, kind: string) =>
      nodeFor(`${name}/${kind}`, {
        op,
        inputs: [rows],
        attributes: { axes: { ints: [2] }, keepdims: { int: 0 } },
      });
    return [
      nodeFor(rows, { op: 'Reshape', inputs: [name, 'observer/rows'] }),
      reduce('ReduceMin', 'min'),
      reduce('ReduceMax', 'max'),
      reduce('ReduceMean', 'mean'),
    ];
  });
  const outputs = names.flatMap(name => ['min', 'max', 'mean'].map(kind => `${name}/${kind}`));
  return { graph: { ...graph, nodes: [...graph.nodes, ...added], initializers }, outputs };
}

/** What is kept of one value. */
class ValueRecord {
  readonly #low: number[] = [];
  readonly #high: number[] = [];
  #sums = new Float64Array();

  /** @param channels of one image: `[1, channels]` each */
  add(channels: Readonly<Record<'min' | 'max' | 'mean', Float32Array>>): void {
    this.#low.push(channels.min.reduce((least, value) => Math.min(least, value)));
    this.#high.push(channels.max.reduce((most, value) => Math.max(most, value)));
    const before = this.#sums;
    this.#sums = Float64Array.from(channels.mean, (value, channel) => value + (before[channel] ?? 0));
  }

  statistics(method: RangeMethod): ValueStatistics {
    const negated = this.#low.map(value => -value);
    const range: Range = [-farthest(negated, method), farthest(this.#high, method)];
    return { range, means: Array.from(this.#sums, sum => Math.fround(sum / this.#high.length)) };
  }
}

function farthest(values: readonly number[], method: RangeMethod): number {
  const falling = values.toSorted((a, b) => b - a);
  return falling[method === 'min-max' ? 0 : Math.floor(leftOut * falling.length)] ?? 0;
}
