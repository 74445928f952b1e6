// Builds a topology call by call, with Keras' defaults, and puts its layers into the order in which Keras lists them.

import { stride2Padding } from './keras-applications.js';
import type { FunctionalConfig, LayerConfig } from './network.js';
import { type Shape, type Size, shapeRules } from './shape-rules.js';

type Config = Readonly<Record<string, unknown>>;

const convolutionDefaults = { padding: 'valid', data_format: 'channels_last', dilation_rate: [1, 1] };

/** A network under construction. Every method adds one layer and gives back its name, which stands for its output. */
export class LayerGraph {
  readonly #layers = new Map<string, LayerConfig>();
  readonly #shapes = new Map<string, Shape>();

  /** Any layer. */
  add(className: string, name: string, inputs: readonly string[], config: Config = {}): string {
    const layer: LayerConfig = {
      class_name: className,
      config: { trainable: true, ...config, name },
      name,
      inbound_nodes: inputs.length === 0 ? [] : [inputs.map(input => [input, 0, 0, {}] as const)],
    };
    const shapes = inputs.map(input => this.#shapes.get(input)!);
    this.#layers.set(name, layer);
    this.#shapes.set(name, shapeRules.get(className)!(layer.config, shapes));
    return name;
  }

  /** RGB images, `[batch, height, width, 3]`. */
  input(name: string, [height, width]: readonly [Size, Size]): string {
    return this.add('InputLayer', name, [], {
      batch_input_shape: [null, height, width, 3],
      dtype: 'float32',
    });
  }

  conv(name: string, input: string, filters: number, size: number, config: Config = {}): string {
    const { strides = 1, ...rest } = config;
    return this.add('Conv2D', name, [input], {
      ...convolutionDefaults,
      filters,
      kernel_size: [size, size],
      strides: [strides, strides],
      activation: 'linear',
      use_bias: true,
      ...rest,
    });
  }

  depthwise(name: string, input: string, size: number, strides: number): string {
    return this.add('DepthwiseConv2D', name, [input], {
      ...convolutionDefaults,
      kernel_size: [size, size],
      strides: [strides, strides],
      padding: strides === 1 ? 'same' : 'valid',
      depth_multiplier: 1,
      activation: 'linear',
      use_bias: false,
    });
  }

  batchNorm(name: string, input: string, config: Config = {}): string {
    const defaults = { axis: -1, momentum: 0.99, epsilon: 0.001, center: true, scale: true };
    return this.add('BatchNormalization', name, [input], { ...defaults, ...config });
  }

  activation(name: string, input: string, activation: string): string {
    return this.add('Activation', name, [input], { activation });
  }

  relu6(name: string, input: string): string {
    return this.add('ReLU', name, [input], { max_value: 6 });
  }

  maxPool(name: string, input: string, size: number, strides: number): string {
    return this.add('MaxPooling2D', name, [input], {
      pool_size: [size, size],
      strides: [strides, strides],
      padding: 'valid',
      data_format: 'channels_last',
    });
  }

  pad(name: string, input: string, padding: readonly (readonly [number, number])[]): string {
    return this.add('ZeroPadding2D', name, [input], { padding, data_format: 'channels_last' });
  }

  /** Keras' padding before a stride-2 convolution: it depends on whether the size is even; an open size counts as even. */
  padForStride2(name: string, input: string, kernelSize: number): string {
    return this.pad(name, input, stride2Padding(this.#shapes.get(input)!, kernelSize));
  }

  globalAveragePool(name: string, input: string, config: Config = {}): string {
    return this.add('GlobalAveragePooling2D', name, [input], { data_format: 'channels_last', ...config });
  }

  dense(name: string, input: string, units: number, activation: string): string {
    return this.add('Dense', name, [input], { units, activation, use_bias: true });
  }

  dropout(name: string, input: string, rate: number, config: Config = {}): string {
    return this.add('Dropout', name, [input], { rate, ...config });
  }

  /** The finished topology. */
  finish(name: string, input: string, output: string): FunctionalConfig {
    return {
      class_name: 'Model',
      config: {
        name,
        layers: orderAsKeras(this.#layers, output),
        input_layers: [[input, 0, 0]],
        output_layers: [[output, 0, 0]],
      },
    };
  }
}

/**
 * Keras lists layers by falling distance to the output, and among equals in the order of a walk from the output down.
 * Weights-only files are matched in this order.
 */
function orderAsKeras(layers: ReadonlyMap<string, LayerConfig>, output: string): LayerConfig[] {
  const walked: string[] = [];
  const waiting = [output];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (walked.includes(name)) continue;
    walked.push(name);
    waiting.push(...inputsOf(layers.get(name)!).reverse());
  }
  const depths = new Map([[output, 0]]);
  for (const name of [...layers.keys()].reverse()) {
    for (const input of inputsOf(layers.get(name)!)) {
      depths.set(input, Math.max(depths.get(input) ?? 0, (depths.get(name) ?? 0) + 1));
    }
  }
  return walked
    .map((name, position) => ({ name, position, depth: depths.get(name) ?? 0 }))
    .sort((one, other) => other.depth - one.depth || one.position - other.position)
    .map(({ name }) => layers.get(name)!);
}

function inputsOf(layer: LayerConfig): string[] {
  return (layer.inbound_nodes?.[0] ?? []).map(([name]) => name);
}
