// EfficientNet B0 to B7 (Tan and Le, 2019), layer for layer as in Keras; the input is normalised inside.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import {
  addResidual,
  convolveAndActivate,
  normalizeAndActivate,
  squeezeAndExcite,
  withTop,
} from './blocks.js';
import { multipleOf8 } from './mobilenet-v2.js';
import type { TopologyOptions } from './topology-options.js';

/** Per stage: kernel size, blocks, input filters, output filters, expansion, stride of the first block. */
const stages = [
  [3, 1, 32, 16, 1, 1],
  [3, 2, 16, 24, 6, 2],
  [5, 2, 24, 40, 6, 2],
  [3, 3, 40, 80, 6, 2],
  [5, 3, 80, 112, 6, 1],
  [5, 4, 112, 192, 6, 2],
  [3, 1, 192, 320, 6, 1],
] as const;
const dropConnectRate = 0.2;
const squeezeRatio = 0.25;
const pointwise = { size: 1, padding: 'same' } as const;

interface Variant {
  /** As Keras names it, e.g. `efficientnetb0`. */
  readonly name: string;
  /** Multiplies filters. */
  readonly width: number;
  /** Multiplies blocks. */
  readonly depth: number;
  /** The rate of the dropout below the classes. */
  readonly dropRate: number;
}

/**
 * Keras divides by the square root of the published deviations, on purpose: the weights expect it.
 * @returns what builds the topology of that variant
 */
export function planEfficientnet({
  name,
  width,
  depth,
  dropRate,
}: Variant): (options: TopologyOptions) => FunctionalConfig {
  const round = (filters: number) => multipleOf8(filters * width);
  const repeat = (blocks: number) => Math.ceil(depth * blocks);
  const blockCount = stages.reduce((sum, [, blocks]) => sum + repeat(blocks), 0);
  return options => {
    const build = new NetworkBuilder();
    let x = normalizeInput(build, build.input('input_layer', options.inputSize));
    x = stem(build, x, round(32));
    let index = 0;
    for (const [stage, [size, blocks, inputFilters, filters, expansion, firstStrides]] of stages.entries()) {
      for (let i = 0; i < repeat(blocks); i++) {
        x = invertedResidual(build, x, {
          name: `block${stage + 1}${String.fromCharCode(97 + i)}_`,
          size,
          inputFilters: round(i === 0 ? inputFilters : filters),
          filters: round(filters),
          expansion,
          strides: i === 0 ? firstStrides : 1,
          dropRate: (dropConnectRate * index++) / blockCount,
        });
      }
    }
    x = convolveAndActivate(build, x, { name: 'top_', filters: round(1280), ...pointwise });
    return withTop(build, x, { name, dropRate, ...options });
  };
}

function normalizeInput(build: NetworkBuilder, input: Tensor): Tensor {
  let x = build.add('Rescaling', [input], { name: 'rescaling', scale: 1 / 255, offset: 0 });
  x = build.add('Normalization', [x], { name: 'normalization', axis: [-1], invert: false });
  const scale = [0.229, 0.224, 0.225].map(deviation => 1 / Math.sqrt(deviation));
  return build.add('Rescaling', [x], { name: 'rescaling_1', scale, offset: 0 });
}

function stem(build: NetworkBuilder, input: Tensor, filters: number): Tensor {
  const x = build.padForStride2(input, 'stem_conv_pad', 3);
  return convolveAndActivate(build, x, { name: 'stem_', filters, size: 3, strides: 2 });
}

interface BlockOptions {
  /** Begins the name of each of its layers. */
  readonly name: string;
  /** The side of the depthwise kernel. */
  readonly size: number;
  readonly inputFilters: number;
  readonly filters: number;
  readonly expansion: number;
  readonly strides: number;
  readonly dropRate: number;
}

function invertedResidual(build: NetworkBuilder, input: Tensor, options: BlockOptions): Tensor {
  const { name, size, inputFilters, filters, expansion, strides } = options;
  const width = inputFilters * expansion;
  let x = input;
  if (expansion !== 1)
    x = convolveAndActivate(build, x, { name: `${name}expand_`, filters: width, ...pointwise });
  if (strides === 2) x = build.padForStride2(x, `${name}dwconv_pad`, size);
  x = build.depthwise(x, { name: `${name}dwconv`, size, strides });
  x = normalizeAndActivate(build, x, { name });
  x = squeezeAndExcite(build, x, { name, squeezed: Math.max(1, Math.floor(inputFilters * squeezeRatio)) });
  x = build.conv(x, { name: `${name}project_conv`, filters, ...pointwise, use_bias: false });
  x = build.batchNorm(x, { name: `${name}project_bn` });
  return addResidual(build, x, { input, ...options });
}
