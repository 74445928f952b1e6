// Runs a network on images and keeps what matters for quantisation: per value and image the extremes, per channel the mean.

import type { OnnxGraph, OnnxNode } from '../../formats/onnx/graph.js';
import type { ImageInput } from '../image-input.js';
import { importRuntime, openInference } from '../runtime.js';
import { writeTemporaryModel } from '../temporary-model.js';
import type { ValueStatistics } from './calibration.js';
import { valuesToObserve } from './plan.js';
import type { Range } from './quantization.js';

/** How the range of a value follows from its extremes on single images. */
export type RangeMethod = 'min-max' | 'percentile';

/** With `percentile`, the images that reach out farthest are left out of account: this part of them at each end. */
const leftOut = 0.1;

export interface Observer {
  /** Runs the network on one image, and remembers what its values are unless it is told not to. */
  run(image: ImageInput, remember: boolean): Promise<Float32Array>;
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
      const numbers = (name: string) => results[name]!.data as Float32Array;
      if (remember) {
        for (const [name, record] of records) {
          record.add(numbers(`${name}/min`), numbers(`${name}/max`), numbers(`${name}/mean`));
        }
      }
      return numbers('output');
    },
    statistics: method => new Map(Array.from(records, ([name, record]) => [name, record.statistics(method)])),
    async release() {
      await inference.release();
      await model.remove();
    },
  };
}

/** Adds nodes that reduce each value to a number per channel: `[n, channels]`, so that no feature map leaves the graph. */
function measureValues(graph: OnnxGraph, names: readonly string[]): { graph: OnnxGraph; outputs: string[] } {
  const initializers = new Map(graph.initializers);
  initializers.set('observer/rows', { shape: [3], data: BigInt64Array.of(0n, 0n, -1n) });
  const added = names.flatMap(name => {
    const node = (op: string, kind: string, inputs: string[], attributes: OnnxNode['attributes']) => ({
      op,
      name: `${name}/${kind}`,
      inputs,
      outputs: [`${name}/${kind}`],
      attributes,
    });
    const last = { axes: { ints: [2] }, keepdims: { int: 0 } };
    return [
      node('Reshape', 'rows', [name, 'observer/rows'], {}),
      node('ReduceMin', 'min', [`${name}/rows`], last),
      node('ReduceMax', 'max', [`${name}/rows`], last),
      node('ReduceMean', 'mean', [`${name}/rows`], last),
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

  add(min: Float32Array, max: Float32Array, mean: Float32Array): void {
    this.#low.push(min.reduce((least, value) => Math.min(least, value)));
    this.#high.push(max.reduce((most, value) => Math.max(most, value)));
    if (this.#sums.length === 0) this.#sums = new Float64Array(mean.length);
    for (const [channel, value] of mean.entries()) this.#sums[channel]! += value;
  }

  statistics(method: RangeMethod): ValueStatistics {
    const range: Range = [
      -farthest(
        this.#low.map(value => -value),
        method,
      ),
      farthest(this.#high, method),
    ];
    return { range, means: Array.from(this.#sums, sum => Math.fround(sum / this.#high.length)) };
  }
}

function farthest(values: readonly number[], method: RangeMethod): number {
  const falling = values.toSorted((a, b) => b - a);
  return falling[method === 'min-max' ? 0 : Math.floor(leftOut * falling.length)] ?? 0;
}
