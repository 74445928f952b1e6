// The gradients of all operations, which tfjs-core leaves to tfjs-layers to register; and those of dilated
// convolutions, which nobody registers.

import { createRequire } from 'node:module';
import {
  backend_util,
  engine,
  type GradFunc,
  getGradient,
  type NamedAttrMap,
  pad,
  registerGradient,
  reshape,
  slice,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Kernels of the gradients of a convolution, plain and depthwise. */
const convolutions = {
  Conv2D: { ofInput: 'Conv2DBackpropInput', ofFilter: 'Conv2DBackpropFilter' },
  DepthwiseConv2dNative: {
    ofInput: 'DepthwiseConv2dNativeBackpropInput',
    ofFilter: 'DepthwiseConv2dNativeBackpropFilter',
  },
} as const;

type Kernels = (typeof convolutions)[keyof typeof convolutions];

/** The gradients that this file has registered. */
const own = new Set<GradFunc>();

/** Registers them. To be called after any import of a tfjs package, which registers the originals again. */
export function registerGradients(): void {
  // By `require`: an `import` of this package first searches its 1.2 MB for names, longer than it takes to run.
  createRequire(import.meta.url)('@tensorflow/tfjs-layers');
  for (const [kernelName, kernels] of Object.entries(convolutions)) {
    const original = getGradient(kernelName);
    if (own.has(original.gradFunc)) continue;
    const gradFunc: GradFunc = (dy, saved, attrs) =>
      isDilated(attrs)
        ? dilatedGradient(dy as Tensor, saved, attrs, kernels)
        : original.gradFunc(dy, saved, attrs);
    own.add(gradFunc);
    registerGradient({ ...original, gradFunc });
  }
}

function isDilated(attrs: NamedAttrMap): boolean {
  return !backend_util.tupleValuesAreOne((attrs.dilations ?? 1) as number | number[]);
}

/** A dilated filter is a larger one with zeros between its taps; its gradient has those of the taps among others. */
function dilatedGradient(
  dy: Tensor,
  [x, filter]: Tensor[],
  { dilations, ...rest }: NamedAttrMap,
  kernels: Kernels,
): ReturnType<GradFunc> {
  const [height, width] = [dilations].flat(1) as [number, number?];
  const spacing = [height, width ?? height] as const;
  const attrs = { ...rest, dilations: [1, 1] };
  const spread = () => spreadTaps(filter!, spacing);
  return {
    x: () =>
      engine().runKernel(
        kernels.ofInput,
        { dy, filter: spread() },
        { ...attrs, inputShape: x!.shape },
      ) as Tensor,
    filter: () => {
      const filterShape = spreadShape(filter!.shape, spacing);
      const gradient = engine().runKernel(kernels.ofFilter, { x: x!, dy }, { ...attrs, filterShape });
      return gatherTaps(gradient as Tensor, filter!.shape, spacing);
    },
  };
}

type Spacing = readonly [height: number, width: number];

/** `[height, width, in, out]` -> `[1 + (height - 1) x spacing, ...]` */
function spreadTaps(filter: Tensor, spacing: Spacing): Tensor {
  const [height, width, ...channels] = filter.shape as [number, number, number, number];
  const taps = reshape(filter, [height, 1, width, 1, channels[0] * channels[1]]);
  const between = spacing.map(each => [0, each - 1] as [number, number]);
  const spread = pad(taps, [[0, 0], between[0]!, [0, 0], between[1]!, [0, 0]]);
  const square = reshape(spread, [height * spacing[0], width * spacing[1], ...channels]);
  return slice(square, [0, 0, 0, 0], spreadShape(filter.shape, spacing));
}

/** The inverse of `spreadTaps`. */
function gatherTaps(spread: Tensor, filterShape: number[], spacing: Spacing): Tensor {
  const [height, width, ...channels] = filterShape as [number, number, number, number];
  const end = spacing.map(each => [0, each - 1] as [number, number]);
  const square = pad(spread, [end[0]!, end[1]!, [0, 0], [0, 0]]);
  const size = channels[0] * channels[1];
  const taps = reshape(square, [height, spacing[0], width, spacing[1], size]);
  return reshape(slice(taps, [0, 0, 0, 0, 0], [height, 1, width, 1, size]), filterShape);
}

function spreadShape(filterShape: number[], spacing: Spacing): [number, number, number, number] {
  const [height, width, ...channels] = filterShape as [number, number, number, number];
  return [1 + (height - 1) * spacing[0], 1 + (width - 1) * spacing[1], ...channels];
}
