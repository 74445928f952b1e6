// Convolutions whose windows leave pixels between them. XNNPACK, by which the backend convolves, gives nothing but zeros where
// it is to pad an axis by itself that is longer than all windows together: it is told of the padding instead.

import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { type Convolution, sizesOf } from '../../convolution.js';
import type { Replacement } from './steps.js';

/** A kernel of the backend's with `x` and `filter`, and perhaps with more. */
export function spacedConvolution(isDepthwise: boolean): Replacement {
  return original => call => {
    const { x, filter } = call.inputs;
    if (original === undefined || x === undefined || filter === undefined)
      throw new Error('The wasm backend has no such convolution.');
    if (call.attrs?.pad !== 'same') return original(call);
    const sizes = sizesOf({ input: x.shape, filter: filter.shape, isDepthwise }, call.attrs);
    if (!leavesRest(sizes)) return original(call);
    const { top, bottom, left, right } = sizes.padInfo;
    const pad = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    const attrs = { ...call.attrs, pad } as NamedAttrMap;
    return original({ ...call, attrs });
  };
}

/** Whether pixels are left over on an axis. */
function leavesRest(sizes: Convolution): boolean {
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = sizes;
  const height = (outHeight - 1) * strideHeight + sizes.effectiveFilterHeight;
  const width = (outWidth - 1) * strideWidth + sizes.effectiveFilterWidth;
  return height < inHeight || width < inWidth;
}
