// The gradient of max pooling. The backend's own takes zero for the least of all numbers: where a whole window is
// negative it passes no gradient on; and it looks each pixel's windows up one by one.

import type { Convolution } from '../../convolution.js';
import { kernelOf } from './steps.js';
import { eachWindow, type PoolAttrs, poolingOf, type Window } from './windows.js';

/** `input` `[batch, height, width, channels]`, `dy` as the output -> as the input. */
export const maxPoolGrad = kernelOf<'input' | 'dy', PoolAttrs>((steps, { input, dy }, { attrs }) => {
  const sizes = poolingOf(input, attrs);
  return steps.write(sizes.inShape, dy, (target, gradient) => {
    const largest = largestFinder(steps.view(input), sizes);
    target.fill(0);
    eachWindow(sizes, (window, output) => {
      target[largest(window)]! += gradient[output]!;
    });
  });
});

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
