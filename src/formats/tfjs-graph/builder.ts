// Collects the layers that a graph's operations become.

import { FinetuneError } from '../../errors.js';
import { layerShape } from '../../network/layer-shape.js';
import { LayerNames } from '../../network/names.js';
import type { LayerConfig, Network, WeightTensor } from '../../network/network.js';
import type { Shape } from '../../network/shape-rules.js';
import type { Constant } from './constants.js';
import type { GraphNode } from './graph.js';

/** The output of a layer. */
export interface Tensor {
  readonly kind: 'tensor';
  readonly layer: string;
  /** Without the batch dimension. */
  readonly shape: Shape;
}

export type Value = Tensor | Constant;

/** A node with its inputs' values, ready to become layers. */
export interface Operation {
  readonly node: GraphNode;
  readonly inputs: readonly Value[];
  readonly build: Builder;
}

type Config = Readonly<Record<string, unknown>>;
type Weights = Readonly<Record<string, Constant>>;

export class Builder {
  readonly #layers: LayerConfig[] = [];
  readonly #weights = new Map<string, WeightTensor>();
  readonly #names = new LayerNames();

  /**
   * Adds a layer.
   * @param node what it stands for; its name, or a part of it, becomes the layer's
   * @param weights by variable, e.g. `kernel`
   */
  add(
    node: GraphNode,
    className: string,
    inputs: readonly Tensor[],
    config: Config,
    weights: Weights = {},
  ): Tensor {
    const name = this.#names.claim(shorten(node.name), []);
    const full = { trainable: true, ...config, name };
    const shape = layerShape(
      className,
      full,
      inputs.map(input => input.shape),
      `"${node.name}"`,
    );
    const inbound = inputs.map(({ layer }) => [layer, 0, 0, {}] as const);
    this.#layers.push({
      class_name: className,
      name,
      config: full,
      inbound_nodes: inputs.length === 0 ? [] : [inbound],
    });
    for (const [variable, { shape: size, data }] of Object.entries(weights)) {
      this.#weights.set(`${name}/${variable}`, { name: `${name}/${variable}`, shape: size, data });
    }
    return { kind: 'tensor', layer: name, shape };
  }

  /** `x * scale + offset` with a number per channel (the last axis). */
  addAffine(node: GraphNode, input: Tensor, scale: Float32Array, offset: Float32Array): Tensor {
    const size = scale.length;
    const constant = (data: Float32Array): Constant => ({ kind: 'constant', shape: [size], data });
    const config = { axis: -1, epsilon: 0, center: true, scale: true, trainable: false };
    return this.add(node, 'BatchNormalization', [input], config, {
      gamma: constant(scale),
      beta: constant(offset),
      moving_mean: constant(new Float32Array(size)),
      moving_variance: constant(new Float32Array(size).fill(1)),
    });
  }

  /** @throws FinetuneError `bad-model` unless exactly one image goes in */
  finish(name: string, output: Tensor): Network {
    const inputs = this.#layers.filter(layer => layer.class_name === 'InputLayer');
    if (inputs.length !== 1) {
      throw new FinetuneError(
        'bad-model',
        `The graph model has ${inputs.length} inputs. Expected one image.`,
      );
    }
    return {
      topology: {
        class_name: 'Model',
        config: {
          name,
          layers: this.#layers,
          input_layers: [[inputs[0]!.config.name, 0, 0]],
          output_layers: [[output.layer, 0, 0]],
        },
      },
      weights: this.#weights,
    };
  }
}

/** Converters wrap a model in calls that say nothing. */
function shorten(name: string): string {
  return name.replaceAll(/(Stateful)?PartitionedCall\/|^model\/|^Func\//g, '');
}
