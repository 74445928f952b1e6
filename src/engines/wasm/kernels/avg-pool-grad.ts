// The gradient of average pooling where windows reach over the edge. The pooling divides by the pixels of a window that lie
// inside the image; the backend's own gradient divides by all of them.

import { kernelOf } from './steps.js';
import { eachWindow, type PoolAttrs, poolingOf } from './windows.js';

/** `input` `[batch, height, width, channels]`, `dy` as the output -> as the input. */
export const avgPoolGrad = kernelOf<'input' | 'dy', PoolAttrs>(
  (steps, { input, dy }, { attrs, original }) => {
    const sizes = poolingOf(input, attrs);
    const { top, bottom, left, right } = sizes.padInfo;
    if (top + bottom + left + right === 0) return original();
    const { inWidth, inChannels } = sizes;
    return steps.write(sizes.inShape, dy, (target, gradient) => {
      target.fill(0);
      eachWindow(sizes, ({ first, rows, columns }, output) => {
        const share = gradient[output]! / (rows * columns);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++)
            target[first + (row * inWidth + column) * inChannels]! += share;
        }
      });
    });
  },
);
