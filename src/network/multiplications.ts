// How much work a network is, whatever machine does it.

import type { Network } from './network.js';
import { variablesOf } from './variables.js';
import { walk } from './walk.js';

/**
 * Multiplications for one image, in convolutions and dense layers: every number of a kernel is used at every place of the
 * output.
 * @param network its input shape is fixed
 */
export function countMultiplications(network: Pick<Network, 'topology'>): number {
  return walk(network).calls.reduce((sum, { layer, inputShapes: [input = []], shape }) => {
    const kernels = variablesOf(layer.class_name, layer.config, input).filter(each => each.shape.length > 1);
    const places = product(shape.slice(0, -1));
    return sum + places * kernels.reduce((numbers, kernel) => numbers + product(kernel.shape), 0);
  }, 0);
}

function product(sizes: readonly (number | null)[]): number {
  return sizes.reduce<number>((total, size) => total * (size ?? 1), 1);
}
