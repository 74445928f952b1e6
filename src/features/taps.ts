// Which lower layers of a backbone give features beside its last one, where nobody names them.

import { blockOf } from '../network/blocks.js';
import type { Network } from '../network/network.js';
import { blockBoundaries } from '../network/split.js';
import { type LayerCall, outputOf, walk } from '../network/walk.js';

/** More of them, further down, brought nothing more. */
const mostTaps = 3;

/**
 * The ends of the topmost stages below a backbone's last feature map, in the order of computation. A stage is a row of
 * blocks that give feature maps of one shape.
 * @example planTaps(efficientnetLite0) // ['block5c_add', 'block6d_add', 'block7a_project_bn']
 */
export function planTaps(network: Network): string[] {
  const { calls, callOf } = walk(network);
  const boundaries = new Set(blockBoundaries(network));
  const [last] = outputOf(network);
  const lastShape = String(callOf(outputOf(network)).shape);
  const ends = calls.filter((call, position) => {
    const { name } = call.layer.config;
    const next = calls[position + 1]?.layer.config.name;
    return (
      boundaries.has(name) &&
      call.shape.length === 3 &&
      (next === undefined || blockOf(next) !== blockOf(name))
    );
  });
  return ends
    .filter((call, i) => String(call.shape) !== String(ends[i + 1]?.shape))
    .filter(call => String(call.shape) !== lastShape && isComputed(call) && call.layer.config.name !== last)
    .slice(-mostTaps)
    .map(({ layer }) => layer.config.name);
}

function isComputed({ inputs }: LayerCall): boolean {
  return inputs.length > 0;
}
