// Builds networks call by call, with Keras' defaults, and puts their layers into the order in which Keras lists them.

import { stride2Padding } from './keras-applications.js';
import { orderAsKeras } from './keras-order.js';
import { layerShape } from './layer-shape.js';
import { LayerNames } from './names.js';
import type { FunctionalConfig, LayerConfig, Network, WeightTensor } from './network.js';
import type { Shape, Size } from './shape-rules.js';

/** A layer's output, as whoever builds a network hands it on. */
export interface Tensor {
  readonly kind: 'tensor';
  /** Name of the layer that gives it. */
  readonly layer: string;
  /** Without the batch dimension. */
  readonly shape: Shape;
}

/** A layer's name, and its config as tfjs has it. */
export interface LayerSettings extends Readonly<Record<string, unknown>> {
  readonly name: string;
}

/** Numbers of a weight, row-major. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Settings of a convolution; `size` and `strides` are one number for both axes, or height and width. */
export interface ConvolutionSettings extends LayerSettings {
  readonly size: number | readonly [number, number];
  readonly strides?: number | readonly [number, number];
  readonly padding?: 'same' | 'valid';
}

type PoolingSettings = ConvolutionSettings;

/** A network under construction. Every method adds one layer and gives back its output. */
export class NetworkBuilder {
  readonly #layers = new Map<string, LayerConfig>();
  readonly #weights = new Map<string, WeightTensor>();
  readonly #names = new LayerNames();

  /**
   * Any layer. A name that is taken, or that tfjs does not take, is changed.
   * @throws FinetuneError `unsupported-layer` | `bad-model` where inputs do not fit
   */
  add(className: string, inputs: readonly Tensor[], { name: wanted, ...settings }: LayerSettings): Tensor {
    const name = this.#names.claim(wanted, []);
    const config = { trainable: true, ...settings, name };
    const shapes = inputs.map(input => input.shape);
    const shape = layerShape(className, config, shapes, `"${name}"`);
    const inbound = inputs.map(({ layer }) => [layer, 0, 0, {}] as const);
    this.#layers.set(name, {
      class_name: className,
      config,
      name,
      inbound_nodes: inputs.length === 0 ? [] : [inbound],
    });
    return { kind: 'tensor', layer: name, shape };
  }

  /** Gives the layer of an output its weights, by variable, e.g. `kernel`. */
  withWeights(output: Tensor, weights: Readonly<Record<string, Values>>): Tensor {
    for (const [variable, { shape, data }] of Object.entries(weights)) {
      const name = `${output.layer}/${variable}`;
      this.#weights.set(name, { name, shape, data });
    }
    return output;
  }

  /** Images, `[batch, height, width, channels]`; null is an open size. */
  input(name: string, shape: readonly [height: Size, width: Size, channels?: number]): Tensor {
    const [height, width, channels = 3] = shape;
    const size = { batch_input_shape: [null, height, width, channels], dtype: 'float32' };
    return this.add('InputLayer', [], { name, ...size });
  }

  /** Conv2D. */
  conv(input: Tensor, settings: ConvolutionSettings & { readonly filters: number }): Tensor {
    const { name, filters, size, strides = 1, ...rest } = settings;
    return this.add('Conv2D', [input], {
      name,
      ...convolutionDefaults,
      filters,
      kernel_size: pair(size),
      strides: pair(strides),
      activation: 'linear',
      use_bias: true,
      ...rest,
    });
  }

  /** DepthwiseConv2D without bias; padding before strides is the caller's. */
  depthwise(input: Tensor, settings: ConvolutionSettings): Tensor {
    const { name, size, strides = 1, ...rest } = settings;
    return this.add('DepthwiseConv2D', [input], {
      name,
      ...convolutionDefaults,
      kernel_size: pair(size),
      strides: pair(strides),
      padding: strides === 1 ? 'same' : 'valid',
      depth_multiplier: 1,
      activation: 'linear',
      use_bias: false,
      ...rest,
    });
  }

  /** SeparableConv2D without bias. */
  separable(input: Tensor, settings: ConvolutionSettings & { readonly filters: number }): Tensor {
    const { name, filters, size, strides = 1, ...rest } = settings;
    return this.add('SeparableConv2D', [input], {
      name,
      ...convolutionDefaults,
      filters,
      kernel_size: pair(size),
      strides: pair(strides),
      depth_multiplier: 1,
      activation: 'linear',
      use_bias: false,
      ...rest,
    });
  }

  /** BatchNormalization over the channels. */
  batchNorm(input: Tensor, { name, ...settings }: LayerSettings): Tensor {
    const defaults = { axis: -1, momentum: 0.99, epsilon: 0.001, center: true, scale: true };
    return this.add('BatchNormalization', [input], { name, ...defaults, ...settings });
  }

  /** `x * scale + offset` with one number per channel, which training leaves alone. */
  affine(
    input: Tensor,
    name: string,
    { scale, offset }: Readonly<Record<'scale' | 'offset', Float32Array>>,
  ): Tensor {
    const settings = { axis: -1, epsilon: 0, center: true, scale: true, trainable: false };
    const shape = [scale.length];
    return this.withWeights(this.add('BatchNormalization', [input], { name, ...settings }), {
      gamma: { shape, data: scale },
      beta: { shape, data: offset },
      moving_mean: { shape, data: new Float32Array(scale.length) },
      moving_variance: { shape, data: new Float32Array(scale.length).fill(1) },
    });
  }

  /** An activation by its name, e.g. `relu`. */
  activation(input: Tensor, name: string, activation: string): Tensor {
    return this.add('Activation', [input], { name, activation });
  }

  /** The ReLU that ends at 6. */
  relu6(input: Tensor, name: string): Tensor {
    return this.add('ReLU', [input], { name, max_value: 6 });
  }

  /** Max pooling over windows; without strides they lie side by side. */
  maxPool(input: Tensor, settings: PoolingSettings): Tensor {
    return this.#pool(input, 'MaxPooling2D', settings);
  }

  /** Average pooling over windows; without strides they lie side by side. */
  averagePool(input: Tensor, settings: PoolingSettings): Tensor {
    return this.#pool(input, 'AveragePooling2D', settings);
  }

  #pool(input: Tensor, className: string, settings: PoolingSettings): Tensor {
    const { name, size, strides = size, padding = 'valid', ...rest } = settings;
    const window = { pool_size: pair(size), strides: pair(strides), padding, data_format: 'channels_last' };
    return this.add(className, [input], { name, ...window, ...rest });
  }

  /** Zeros around the image: one number for every edge, or `[[top, bottom], [left, right]]`. */
  pad(input: Tensor, name: string, by: number | readonly (readonly [number, number])[]): Tensor {
    const padding =
      typeof by === 'number'
        ? [
            [by, by],
            [by, by],
          ]
        : by;
    return this.add('ZeroPadding2D', [input], { name, padding, data_format: 'channels_last' });
  }

  /** Keras' padding before a stride-2 convolution: it depends on whether the size is even; an open size counts as even. */
  padForStride2(input: Tensor, name: string, kernelSize: number): Tensor {
    return this.pad(input, name, stride2Padding(input.shape, kernelSize));
  }

  /** The mean over height and width: `[channels]`. */
  globalAveragePool(input: Tensor, settings: LayerSettings): Tensor {
    const { name, ...rest } = settings;
    return this.add('GlobalAveragePooling2D', [input], { name, data_format: 'channels_last', ...rest });
  }

  /** Fully connected, with a bias. */
  dense(
    input: Tensor,
    settings: LayerSettings & { readonly units: number; readonly activation: string },
  ): Tensor {
    const { name, units, activation } = settings;
    return this.add('Dense', [input], { name, units, activation, use_bias: true });
  }

  /** Drops numbers while training. */
  dropout(input: Tensor, settings: LayerSettings & { readonly rate: number }): Tensor {
    return this.add('Dropout', [input], settings);
  }

  /** The finished topology; what does not lead to the output is left out. */
  topology(name: string, output: Tensor): FunctionalConfig {
    const inputs = [...this.#layers.values()].filter(layer => layer.class_name === 'InputLayer');
    return {
      class_name: 'Model',
      config: {
        name,
        layers: orderAsKeras(this.#layers, output.layer),
        input_layers: inputs.map(layer => [layer.config.name, 0, 0]),
        output_layers: [[output.layer, 0, 0]],
      },
    };
  }

  /** The finished network, with the weights that its layers were given. */
  network(name: string, output: Tensor): Network {
    return { topology: this.topology(name, output), weights: this.#weights };
  }
}

const convolutionDefaults = { padding: 'valid', data_format: 'channels_last', dilation_rate: [1, 1] };

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
