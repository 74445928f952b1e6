// One call of one layer while its network is lowered: the inputs, the configuration read with care, the weights.

import { FinetuneError } from '../../../errors.js';
import type { LayerConfig, WeightTensor } from '../../../network/network.js';
import type { GraphBuilder } from '../builder.js';
import type { Value } from './value.js';

/** Lowers one call of a layer: appends nodes to `call.graph` and returns the layer's output. */
export type Lowering = (call: LayerCall) => Value;

export class LayerCall {
  constructor(
    readonly layer: LayerConfig,
    readonly inputs: readonly Value[],
    readonly graph: GraphBuilder,
    readonly weights: ReadonlyMap<string, WeightTensor>,
  ) {}

  get name(): string {
    return this.layer.config.name;
  }

  /** The input of a layer that takes exactly one. */
  get input(): Value {
    const [only] = this.inputs;
    if (only === undefined || this.inputs.length > 1) {
      throw this.wrong(`takes one input and got ${this.inputs.length}`);
    }
    return only;
  }

  /** The input of a layer that works on feature maps `[batch, height, width, channels]`. */
  get featureMap(): Value {
    if (this.input.shape.length === 4) return this.input;
    throw this.wrong(
      `takes a feature map of rank 4 [batch, height, width, channels] and got rank ${this.input.shape.length}`,
    );
  }

  /** A weight, its shape checked against `shape` (null: any size). */
  weight(variable: string, shape: readonly (number | null)[]): WeightTensor {
    const name = `${this.name}/${variable}`;
    const weight = this.weights.get(name);
    if (weight === undefined) {
      throw new FinetuneError('bad-weights', `Weight "${name}" of layer ${this.name} is missing.`);
    }
    const fits =
      weight.shape.length === shape.length &&
      shape.every((size, i) => size === null || size === weight.shape[i]);
    const count = weight.shape.reduce((product, size) => product * size, 1);
    if (!fits || count !== weight.data.length) {
      throw new FinetuneError(
        'bad-weights',
        `Weight "${name}" has shape [${weight.shape}] and ${weight.data.length} numbers. ` +
          `The topology expects [${shape.map(size => size ?? 'any')}].`,
      );
    }
    return weight;
  }

  number(key: string, fallback: number): number {
    const value = this.layer.config[key] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrongValue(key, 'a number', value);
    return value;
  }

  /** A number, or null where the configuration has none. */
  optionalNumber(key: string): number | null {
    return this.layer.config[key] == null ? null : this.number(key, 0);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.layer.config[key] ?? fallback;
    if (typeof value !== 'boolean') throw this.wrongValue(key, 'true or false', value);
    return value;
  }

  text(key: string, fallback: string): string {
    const value = this.layer.config[key] ?? fallback;
    if (typeof value !== 'string') throw this.wrongValue(key, 'a text', value);
    return value;
  }

  /** A list of whole numbers; a single one counts as a list of one. */
  integers(key: string, fallback: readonly number[]): readonly number[] {
    const value = this.layer.config[key] ?? fallback;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (!list.every((each): each is number => Number.isSafeInteger(each))) {
      throw this.wrongValue(key, 'whole numbers', value);
    }
    return list;
  }

  /** Height and width of something, given as a pair or as one number for both; at least 1. */
  pair(key: string, fallback: readonly [number, number]): readonly [number, number] {
    const [first, second = first] = this.integers(key, fallback);
    if (first === undefined || second === undefined || first < 1 || second < 1) {
      throw this.wrongValue(key, 'one or two sizes of at least 1', this.layer.config[key]);
    }
    return [first, second];
  }

  /** @throws FinetuneError `unsupported-layer` unless the layer reads its channels last */
  requireChannelsLast(): void {
    const format = this.text('data_format', 'channels_last');
    if (format !== 'channels_last' && format !== 'channelsLast') {
      throw this.unsupported(`data_format ${format}; expected channels_last`);
    }
  }

  /** What to throw when a layer uses something that cannot be lowered. */
  unsupported(what: string): FinetuneError {
    return new FinetuneError(
      'unsupported-layer',
      `Layer "${this.name}" (${this.layer.class_name}) cannot run in ONNX Runtime: ${what}.`,
    );
  }

  /** What to throw when a topology contradicts itself. */
  wrong(what: string): FinetuneError {
    return new FinetuneError('bad-model', `Layer "${this.name}" (${this.layer.class_name}) ${what}.`);
  }

  private wrongValue(key: string, expected: string, value: unknown): FinetuneError {
    return this.wrong(`has ${key} = ${JSON.stringify(value)}; expected ${expected}`);
  }
}
