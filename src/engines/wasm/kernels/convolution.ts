// Plain convolutions as products of matrices: of the pixels under the filter, laid side by side, and the filter.

import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { type Convolution, sizesOf } from '../../convolution.js';
import type { Gemm } from '../gemm.js';
import { groupImages, imagesToColumns, isPixelwise } from './columns.js';
import { multiply } from './mat-mul.js';
import { spacedConvolution } from './spaced-convolution.js';
import { kernelOf, type Replacement, type Steps } from './steps.js';

type Attrs = NamedAttrMap & { readonly activation?: string };

/** What comes after the sum, by its name in tfjs: the name of its kernel. */
const activationKernels: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

/** The backend's own where ONNX Runtime is no faster, and with other activations. */
export const convolution: Replacement = kernel => convolveByProducts(spacedConvolution(false)(kernel));

const convolveByProducts = kernelOf<'x' | 'filter' | 'bias', Attrs>((steps, inputs, { attrs, original }) => {
  const { x, filter, bias } = inputs;
  const sizes = sizesOf({ input: x.shape, filter: filter.shape, isDepthwise: false }, attrs);
  const gemm = steps.gemmFor(sizes.filterHeight * sizes.filterWidth * sizes.inChannels);
  const { activation = 'linear' } = attrs;
  const kernel = activationKernels[activation];
  const isKnown = activation === 'linear' || kernel !== undefined;
  if (gemm === undefined || sizes.dataFormat === 'channelsFirst' || !isKnown) return original();
  const sums = convolve(steps, { x, filter, sizes }, gemm);
  const moved = bias === undefined ? sums : steps.add(sums, bias);
  return kernel === undefined ? moved : steps.activate(moved, kernel);
});

/** `x` `[batch, height, width, in]`, `filter` `[height, width, in, out]` */
interface Operands {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly sizes: Convolution;
}

/** `[batch, outHeight, outWidth, out]` */
function convolve(steps: Steps, { x, filter, sizes }: Operands, gemm: Gemm): TensorInfo {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = sizes;
  const outShape = [...sizes.outShape];
  const taps = steps.reshape(filter, [sizes.filterHeight * sizes.filterWidth * inChannels, outChannels]);
  if (isPixelwise(sizes)) {
    const pixels = steps.reshape(x, [sizes.batchSize * inHeight * inWidth, inChannels]);
    return steps.reshape(multiply(steps, { a: pixels, b: taps }), outShape);
  }
  const [inSize, outPixels] = [inHeight * inWidth * inChannels, outHeight * outWidth];
  const groups = groupImages(sizes);
  const [rows, columns] = [(groups[0]?.count ?? 0) * outPixels, taps.shape[0] ?? 0];
  const scratch = steps.make([rows, columns]);
  return steps.write(outShape, x, (target, images) => {
    const [cells, b] = [steps.view(scratch), steps.matrix(taps)];
    for (const { first, count } of groups) {
      const values = cells.subarray(0, count * outPixels * columns);
      imagesToColumns(images.subarray(first * inSize, (first + count) * inSize), values, sizes);
      const a = { values, rows: count * outPixels, columns };
      const [from, to] = [first, first + count].map(image => image * outPixels * outChannels);
      gemm(a, b, target.subarray(from, to));
    }
  });
}
