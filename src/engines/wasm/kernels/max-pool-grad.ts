// The gradient of max pooling. The backend's own takes zero for the least of all numbers: where a whole window is
// negative it passes no gradient on; and it looks each pixel's windows up one by one.

import { type Convolution, shape4D } from '../../convolution.js';
import { tf } from '../../tfjs.js';
import { kernelOf } from './steps.js';

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computePool2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** `input` `[batch, height, width, channels]`, `dy` as the output -> as the input. */
export const maxPoolGrad = kernelOf<'input' | 'dy', PoolAttrs>((steps, { input, dy }, { attrs }) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = shape4D(input.shape);
  const sizes = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return steps.write(shape, dy, (target, gradient) => {
    const largest = largestFinder(steps.view(input), sizes);
    target.fill(0);
    eachWindow(sizes, (window, output) => {
      target[largest(window)]! += gradient[output]!;
    });
  });
});

/** A window of one channel: the offset of its first value, and how many pixels of it lie inside the image. */
interface Window {
  first: number;
  rows: number;
  columns: number;
}

/** @returns where a window's largest value lies: the first of equals takes the gradient, as in TensorFlow */
function largestFinder(
  values: Float32Array,
  { inWidth, inChannels }: Convolution,
): (window: Window) => number {
  return ({ first, rows, columns }) => {
    let largest = first;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = first + (row * inWidth + column) * inChannels;
        if (values[at]! > values[largest]!) largest = at;
      }
    }
    return largest;
  };
}

/** One record is used again for every window: there are millions. */
function eachWindow(sizes: Convolution, visit: (window: Window, output: number) => void): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = sizes;
  const window: Window = { first: 0, rows: 0, columns: 0 };
  for (let position = 0, output = 0; position < sizes.batchSize * outHeight * outWidth; position++) {
    const image = Math.floor(position / (outHeight * outWidth));
    const top = (Math.floor(position / outWidth) % outHeight) * sizes.strideHeight - padInfo.top;
    const left = (position % outWidth) * sizes.strideWidth - padInfo.left;
    const [y, x] = [Math.max(0, top), Math.max(0, left)];
    window.rows = Math.min(inHeight, top + sizes.filterHeight) - y;
    window.columns = Math.min(inWidth, left + sizes.filterWidth) - x;
    const pixel = ((image * inHeight + y) * inWidth + x) * inChannels;
    for (let channel = 0; channel < inChannels; channel++, output++) {
      window.first = pixel + channel;
      visit(window, output);
    }
  }
}
