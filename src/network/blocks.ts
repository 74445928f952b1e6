// Which layers of a network form a block: those in a row whose names begin alike, as Keras' own networks are named.

import type { Network } from './network.js';
import { blockBoundaries } from './split.js';
import { walk } from './walk.js';

/** `block5c_expand_conv` -> `block5c`, `conv5_block3_1_conv` -> `conv5_block3`, `top_conv` -> `top`. */
export function blockOf(layer: string): string {
  return /^(conv\d+_block\d+|.*?\d+[a-z]?|[^_]+)(?=[_/]|$)/.exec(layer)?.[0] ?? layer;
}

/**
 * The layers with which a block of several begins, above a boundary: what can be unfrozen from there on by the
 * layer's name. The network's weights are not asked for.
 */
export function blockStarts(network: Network): ReadonlySet<string> {
  const boundaries = new Set(blockBoundaries(network));
  const { calls } = walk(network);
  const names = calls.map(({ layer }) => layer.config.name);
  const starts = calls.filter(({ inputs }, position) => {
    const [above, here, below] = [1, 0, -1].map(step => blockOf(names[position + step] ?? ''));
    return here !== below && here === above && inputs.some(([input]) => boundaries.has(input));
  });
  return new Set(starts.map(({ layer }) => layer.config.name));
}
