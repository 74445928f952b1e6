// EfficientNetV2 B0 to B3, S, M and L (Tan and Le, 2021), layer for layer as in Keras; the input is normalised inside.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import {
  addResidual,
  convolveAndActivate,
  normalizeAndActivate,
  squeezeAndExcite,
  withTop,
} from './blocks.js';
import type { TopologyOptions } from './topology-options.js';

/** Per stage: blocks, input filters, output filters, expansion, stride of the first block, fused; fused ones have no gate. */
type Stage = readonly [
  blocks: number,
  inputFilters: number,
  filters: number,
  expansion: number,
  strides: number,
  isFused: boolean,
];

const base: readonly Stage[] = [
  [1, 32, 16, 1, 1, true],
  [2, 16, 32, 4, 2, true],
  [2, 32, 48, 4, 2, true],
  [3, 48, 96, 4, 2, false],
  [5, 96, 112, 6, 1, false],
  [8, 112, 192, 6, 2, false],
];

const stages: Readonly<Record<'b' | 's' | 'm' | 'l', readonly Stage[]>> = {
  b: base,
  s: [
    [2, 24, 24, 1, 1, true],
    [4, 24, 48, 4, 2, true],
    [4, 48, 64, 4, 2, true],
    [6, 64, 128, 4, 2, false],
    [9, 128, 160, 6, 1, false],
    [15, 160, 256, 6, 2, false],
  ],
  m: [
    [3, 24, 24, 1, 1, true],
    [5, 24, 48, 4, 2, true],
    [5, 48, 80, 4, 2, true],
    [7, 80, 160, 4, 2, false],
    [14, 160, 176, 6, 1, false],
    [18, 176, 304, 6, 2, false],
    [5, 304, 512, 6, 1, false],
  ],
  l: [
    [4, 32, 32, 1, 1, true],
    [7, 32, 64, 4, 2, true],
    [7, 64, 96, 4, 2, true],
    [10, 96, 192, 4, 2, false],
    [19, 192, 224, 6, 1, false],
    [25, 224, 384, 6, 2, false],
    [7, 384, 640, 6, 1, false],
  ],
};

const norm = { momentum: 0.9 };
const pointwise = { size: 1, padding: 'same' } as const;
const dropConnectRate = 0.2;
const imagenet = {
  mean: [0.485, 0.456, 0.406],
  variance: [0.229 ** 2, 0.224 ** 2, 0.225 ** 2],
};

interface Variant {
  /** As Keras names it, e.g. `efficientnetv2-b0`. */
  readonly name: string;
  readonly stages: keyof typeof stages;
  /** Multiplies filters. */
  readonly width?: number;
  /** Multiplies blocks. */
  readonly depth?: number;
}

/** @returns what builds the topology of that variant */
export function planEfficientnetV2(variant: Variant): (options: TopologyOptions) => FunctionalConfig {
  const { name, width = 1, depth = 1 } = variant;
  const plan = stages[variant.stages];
  const round = (filters: number) => Math.max(8, Math.floor((filters * width + 4) / 8) * 8);
  const blockCount = plan.reduce((sum, [blocks]) => sum + blocks, 0);
  return options => {
    const build = new NetworkBuilder();
    let x = normalizeInput(build, build.input('input_layer', options.inputSize), variant.stages);
    const stem = { filters: round(plan[0]?.[1] ?? 0), size: 3, strides: 2, padding: 'same' } as const;
    x = convolveAndActivate(build, x, { name: 'stem_', ...stem, norm });
    let index = 0;
    for (const [stage, [blocks, inputFilters, filters, expansion, firstStrides, isFused]] of plan.entries()) {
      for (let i = 0; i < Math.ceil(depth * blocks); i++) {
        x = (isFused ? fusedBlock : invertedResidual)(build, x, {
          name: `block${stage + 1}${String.fromCharCode(97 + i)}_`,
          inputFilters: round(i === 0 ? inputFilters : filters),
          filters: round(filters),
          expansion,
          strides: i === 0 ? firstStrides : 1,
          dropRate: (dropConnectRate * index++) / blockCount,
        });
      }
    }
    x = convolveAndActivate(build, x, { name: 'top_', filters: round(1280), ...pointwise, norm });
    return withTop(build, x, { name, dropRate: 0.2, ...options });
  };
}

function normalizeInput(build: NetworkBuilder, input: Tensor, kind: keyof typeof stages): Tensor {
  if (kind !== 'b') return build.add('Rescaling', [input], { name: 'rescaling', scale: 1 / 128, offset: -1 });
  const x = build.add('Rescaling', [input], { name: 'rescaling', scale: 1 / 255, offset: 0 });
  return build.add('Normalization', [x], { name: 'normalization', axis: [3], invert: false, ...imagenet });
}

interface BlockOptions {
  /** Begins the name of each of its layers. */
  readonly name: string;
  readonly inputFilters: number;
  readonly filters: number;
  readonly expansion: number;
  readonly strides: number;
  readonly dropRate: number;
}

function invertedResidual(build: NetworkBuilder, input: Tensor, options: BlockOptions): Tensor {
  const { name, inputFilters, expansion, strides } = options;
  const expanded = { name: `${name}expand_`, filters: inputFilters * expansion, norm };
  let x = convolveAndActivate(build, input, { ...expanded, ...pointwise });
  x = build.depthwise(x, { name: `${name}dwconv2`, size: 3, strides, padding: 'same' });
  x = normalizeAndActivate(build, x, { name, ...norm });
  x = squeezeAndExcite(build, x, { name, squeezed: Math.max(1, Math.floor(inputFilters * 0.25)) });
  return addResidual(build, project(build, x, options), { input, ...options });
}

/** One full convolution instead of expansion and depthwise convolution. */
function fusedBlock(build: NetworkBuilder, input: Tensor, options: BlockOptions): Tensor {
  const { name, inputFilters, filters, expansion, strides } = options;
  const isExpanded = expansion !== 1;
  const full = { size: 3, strides, padding: 'same', norm } as const;
  if (!isExpanded) {
    const x = convolveAndActivate(build, input, { name: `${name}project_`, filters, ...full });
    return addResidual(build, x, { input, ...options });
  }
  const expanded = { name: `${name}expand_`, filters: inputFilters * expansion };
  const x = convolveAndActivate(build, input, { ...expanded, ...full });
  return addResidual(build, project(build, x, options), { input, ...options });
}

/** To the width of the block's output, without activation. */
function project(build: NetworkBuilder, input: Tensor, { name, filters }: BlockOptions): Tensor {
  const x = build.conv(input, { name: `${name}project_conv`, filters, ...pointwise, use_bias: false });
  return build.batchNorm(x, { name: `${name}project_bn`, ...norm });
}
