// One call of one layer while its network is lowered: where its inputs lie in the graph, the configuration read with
// care, the weights. Shapes are the walk's; here is only what things are called and in which order their axes lie.

import { FinetuneError } from '../../../errors.js';
import type { LayerConfig, WeightTensor } from '../../../network/network.js';
import type { Shape } from '../../../network/shape-rules.js';
import type { LayerCall } from '../../../network/walk.js';
import type { GraphBuilder } from '../builder.js';

/** Lowers one call of a layer: appends nodes to `call.graph` and says where the layer's output is. */
export type Lowering = (call: CallToLower) => Place;

/**
 * How a feature map lies in the graph: `channels-last` as in Keras, `channels-first` as ONNX' operators want it.
 * Tensors that are not of rank 4 always lie as in Keras.
 */
export type Order = 'channels-last' | 'channels-first';

/** Where a tensor is in the graph. */
export interface Place {
  readonly name: string;
  readonly order: Order;
}

/** A tensor in the graph with its shape in Keras' order, without the batch dimension. */
export interface Value extends Place {
  readonly shape: Shape;
}

/** What all calls of one network have in common. */
export interface LoweringContext {
  readonly graph: GraphBuilder;
  readonly weights: ReadonlyMap<string, WeightTensor>;
}

/** One call of a layer, to be lowered. */
export class CallToLower {
  readonly layer: LayerConfig;
  /** The output's shape in Keras' order, without the batch dimension. */
  readonly shape: Shape;
  readonly graph: GraphBuilder;
  readonly #weights: ReadonlyMap<string, WeightTensor>;

  constructor(
    { layer, shape }: LayerCall,
    readonly inputs: readonly Value[],
    { graph, weights }: LoweringContext,
  ) {
    this.layer = layer;
    this.shape = shape;
    this.graph = graph;
    this.#weights = weights;
  }

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
    if (isFeatureMap(this.input)) return this.input;
    throw this.wrong(
      `takes a feature map of rank 4 [batch, height, width, channels] and got rank ${this.input.shape.length + 1}`,
    );
  }

  /** The number of channels that come in, which are the last size in Keras' order. */
  get inputChannels(): number {
    const channels = this.input.shape.at(-1);
    if (channels != null) return channels;
    throw this.wrong('has an input whose number of channels is open');
  }

  /** A weight, its shape checked against `shape` (null: any size). */
  weight(variable: string, shape: readonly (number | null)[]): WeightTensor {
    const name = `${this.name}/${variable}`;
    const weight = this.#weights.get(name);
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

function isFeatureMap({ shape }: Pick<Value, 'shape'>): boolean {
  return shape.length === 3;
}

/** The same tensor in the wanted order, transposed only where it must be. */
export function inOrder(graph: GraphBuilder, value: Value, order: Order): Value {
  if (value.order === order || !isFeatureMap(value)) return value;
  const permutation = order === 'channels-first' ? [0, 3, 1, 2] : [0, 2, 3, 1];
  return { ...value, name: graph.transposed(value.name, permutation, `${value.name}/${order}`), order };
}

/** Where Keras' axis (0 is the batch, negative ones count from the end) lies in the graph. */
export function axisInGraph({ shape, order }: Pick<Value, 'shape' | 'order'>, kerasAxis: number): number {
  const axis = kerasAxis < 0 ? kerasAxis + shape.length + 1 : kerasAxis;
  if (shape.length !== 3 || order === 'channels-last') return axis;
  return [0, 2, 3, 1][axis] ?? axis;
}

/** The shape that lets a vector of one number per channel be broadcast over `value`. */
export function channelShape({ shape, order }: Value, channels: number): number[] {
  return order === 'channels-first' && shape.length === 3 ? [channels, 1, 1] : [channels];
}
