// InceptionV3 (Szegedy et al., 2015) and InceptionResNetV2 (2016), layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { withTop } from './blocks.js';
import type { TopologyOptions } from './topology-options.js';

/** A convolution: filters, kernel size, and what is unusual about it. */
type Kernel = readonly [filters: number, size: number | readonly [number, number], settings?: Settings];

interface Settings {
  readonly name?: string;
  readonly strides?: number;
  readonly padding?: 'same' | 'valid';
}

const halving = { strides: 2, padding: 'valid' } as const;
const valid = { padding: 'valid' } as const;
const high = [7, 1] as const;
const wide = [1, 7] as const;

/** InceptionV3. */
export function planInceptionV3(options: TopologyOptions): FunctionalConfig {
  const build = new NetworkBuilder();
  let x = stem(build, build.input('input_layer', options.inputSize));
  for (const [index, pooled] of [32, 64, 64].entries()) {
    x = join(build, `mixed${index}`, [...smallBranches(build, x, 64), pooledBranch(build, x, pooled)]);
  }
  x = join(build, 'mixed3', [
    chain(build, x, [[384, 3, halving]]),
    chain(build, x, [
      [64, 1],
      [96, 3],
      [96, 3, halving],
    ]),
    maxPool(build, x),
  ]);
  for (const [index, filters] of [128, 160, 160, 192].entries()) {
    x = join(build, `mixed${index + 4}`, wideBranches(build, x, filters));
  }
  x = join(build, 'mixed8', [
    chain(build, x, [
      [192, 1],
      [320, 3, halving],
    ]),
    chain(build, x, [
      [192, 1],
      [192, wide],
      [192, high],
      [192, 3, halving],
    ]),
    maxPool(build, x),
  ]);
  for (const index of [0, 1]) x = lastBlock(build, x, index);
  return withTop(build, x, { name: 'inception_v3', ...options });
}

/** InceptionResNetV2. */
export function planInceptionResnetV2(options: TopologyOptions): FunctionalConfig {
  const build = new NetworkBuilder();
  let x = stem(build, build.input('input_layer', options.inputSize));
  x = join(build, 'mixed_5b', [...smallBranches(build, x, 96), pooledBranch(build, x, 64)]);
  for (let i = 1; i <= 10; i++) x = residualBlock(build, x, { type: 'block35', index: i, scale: 0.17 });
  x = join(build, 'mixed_6a', [
    chain(build, x, [[384, 3, halving]]),
    chain(build, x, [
      [256, 1],
      [256, 3],
      [384, 3, halving],
    ]),
    maxPool(build, x),
  ]);
  for (let i = 1; i <= 20; i++) x = residualBlock(build, x, { type: 'block17', index: i, scale: 0.1 });
  x = join(build, 'mixed_7a', [
    chain(build, x, [
      [256, 1],
      [384, 3, halving],
    ]),
    chain(build, x, [
      [256, 1],
      [288, 3, halving],
    ]),
    chain(build, x, [
      [256, 1],
      [288, 3],
      [320, 3, halving],
    ]),
    maxPool(build, x),
  ]);
  for (let i = 1; i <= 9; i++) x = residualBlock(build, x, { type: 'block8', index: i, scale: 0.2 });
  x = residualBlock(build, x, { type: 'block8', index: 10, scale: 1, isLast: true });
  x = chain(build, x, [[1536, 1, { name: 'conv_7b' }]]);
  return withTop(build, x, { name: 'inception_resnet_v2', ...options });
}

function stem(build: NetworkBuilder, input: Tensor): Tensor {
  const x = maxPool(
    build,
    chain(build, input, [
      [32, 3, halving],
      [32, 3, valid],
      [64, 3],
    ]),
  );
  return maxPool(
    build,
    chain(build, x, [
      [80, 1, valid],
      [192, 3, valid],
    ]),
  );
}

/** Convolutions one after the other, each normalised and activated. */
function chain(build: NetworkBuilder, input: Tensor, kernels: readonly Kernel[]): Tensor {
  return kernels.reduce((x, [filters, size, given = {}]) => {
    const { name, strides = 1, padding = 'same' }: Settings = given;
    const isNamed = name !== undefined;
    const settings = { filters, size, strides, padding, use_bias: false };
    const convolved = build.conv(x, { name: name ?? 'conv2d', ...settings });
    const normName = isNamed ? `${name}_bn` : 'batch_normalization';
    const normalized = build.batchNorm(convolved, { name: normName, scale: false });
    return build.activation(normalized, isNamed ? `${name}_ac` : 'activation', 'relu');
  }, input);
}

function join(build: NetworkBuilder, name: string, branches: readonly Tensor[]): Tensor {
  return build.add('Concatenate', branches, { name, axis: 3 });
}

function maxPool(build: NetworkBuilder, input: Tensor): Tensor {
  return build.maxPool(input, { name: 'max_pooling2d', size: 3, strides: 2 });
}

function pooledBranch(build: NetworkBuilder, input: Tensor, filters: number): Tensor {
  const pooling = { name: 'average_pooling2d', size: 3, strides: 1, padding: 'same' } as const;
  return chain(build, build.averagePool(input, pooling), [[filters, 1]]);
}

/** The branches of the blocks at 35x35 (at the published size). */
function smallBranches(build: NetworkBuilder, x: Tensor, first: number): Tensor[] {
  return [
    chain(build, x, [[first, 1]]),
    chain(build, x, [
      [48, 1],
      [64, 5],
    ]),
    chain(build, x, [
      [64, 1],
      [96, 3],
      [96, 3],
    ]),
  ];
}

/** The branches of the blocks at 17x17. */
function wideBranches(build: NetworkBuilder, x: Tensor, filters: number): Tensor[] {
  return [
    chain(build, x, [[192, 1]]),
    chain(build, x, [
      [filters, 1],
      [filters, wide],
      [192, high],
    ]),
    chain(build, x, [
      [filters, 1],
      [filters, high],
      [filters, wide],
      [filters, high],
      [192, wide],
    ]),
    pooledBranch(build, x, 192),
  ];
}

/** InceptionV3 at 8x8. */
function lastBlock(build: NetworkBuilder, x: Tensor, index: number): Tensor {
  const narrow = chain(build, x, [[320, 1]]);
  const both = (input: Tensor, name: string) =>
    join(build, name, [chain(build, input, [[384, [1, 3]]]), chain(build, input, [[384, [3, 1]]])]);
  const single = both(chain(build, x, [[384, 1]]), `mixed9_${index}`);
  const double = both(
    chain(build, x, [
      [448, 1],
      [384, 3],
    ]),
    'concatenate',
  );
  return join(build, `mixed${9 + index}`, [narrow, single, double, pooledBranch(build, x, 192)]);
}

/** Branches of InceptionResNetV2's blocks. */
const blocks: Readonly<Record<'block35' | 'block17' | 'block8', readonly (readonly Kernel[])[]>> = {
  block35: [
    [[32, 1]],
    [
      [32, 1],
      [32, 3],
    ],
    [
      [32, 1],
      [48, 3],
      [64, 3],
    ],
  ],
  block17: [
    [[192, 1]],
    [
      [128, 1],
      [160, wide],
      [192, high],
    ],
  ],
  block8: [
    [[192, 1]],
    [
      [192, 1],
      [224, [1, 3]],
      [256, [3, 1]],
    ],
  ],
};

interface BlockOptions {
  readonly type: keyof typeof blocks;
  /** From 1. */
  readonly index: number;
  /** What the branches are multiplied with before they are added to the input. */
  readonly scale: number;
  /** Without activation. */
  readonly isLast?: boolean;
}

function residualBlock(build: NetworkBuilder, x: Tensor, options: BlockOptions): Tensor {
  const { type, index, scale, isLast = false } = options;
  const name = `${type}_${index}`;
  const mixed = join(
    build,
    `${name}_mixed`,
    blocks[type].map(kernels => chain(build, x, kernels)),
  );
  const settings = { name: `${name}_conv`, filters: x.shape.at(-1) ?? 0, size: 1 };
  const up = build.conv(mixed, { ...settings, padding: 'same' });
  const sum = build.add('CustomScaleLayer', [x, up], { name: 'custom_scale_layer', scale });
  return isLast ? sum : build.activation(sum, `${name}_ac`, 'relu');
}
