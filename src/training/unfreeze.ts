// Which part of a backbone is unfrozen: where it is cut, and how deep each of its layers lies.

import { refuseOption } from '../errors.js';
import { blockOf } from '../network/blocks.js';
import type { Network } from '../network/network.js';
import { blockBoundaries, splitAt } from '../network/split.js';
import { walk } from '../network/walk.js';

/**
 * The layer to split a network at so that what is asked for, and everything above it, is trained.
 * @param unfreeze a layer; a block, which is what its layers' names begin with, e.g. `block5`; how many of the topmost
 * blocks; `all`; or `top`: from the end of the first block on that has shrunk the image to a sixteenth
 * @throws FinetuneError `bad-option` where there is no such layer, or it lies inside a block
 */
export function planCut(network: Network, unfreeze: string): string {
  const boundaries = blockBoundaries(network);
  const [input] = boundaries;
  if (input === undefined || unfreeze === 'all') return input ?? '';
  if (unfreeze === 'top') return cutOfTop(network, boundaries);
  const blocks = blocksOf(network);
  const count = /^\d+$/.test(unfreeze) ? Number(unfreeze) : undefined;
  const first = count === undefined ? firstLayerOf(network, unfreeze) : blocks.at(-count)?.[0];
  if (first === undefined || count === 0) {
    refuseOption(
      `--unfreeze ${unfreeze}: expected 1 to ${blocks.length} blocks, the name of a layer or a block, or all.`,
    );
  }
  return boundaryBelow(network, boundaries, first);
}

/** What is done to the rate of each layer: 1 in the topmost block, `decay` in the one below, `decay ** 2` ... */
export function layerFactors(network: Network, decay: number): ReadonlyMap<string, number> {
  const blocks = blocksOf(network).toReversed();
  return new Map(blocks.flatMap((layers, depth) => layers.map(layer => [layer, decay ** depth] as const)));
}

/** Layers with weights in the order of computation, by blocks: those in a row whose names begin alike. */
function blocksOf(network: Network): string[][] {
  const withWeights = new Set([...network.weights.keys()].map(name => name.slice(0, name.lastIndexOf('/'))));
  const blocks: { name: string; layers: string[] }[] = [];
  for (const layer of layersInOrder(network).filter(each => withWeights.has(each))) {
    const name = blockOf(layer);
    const last = blocks.at(-1);
    if (last?.name === name) last.layers.push(layer);
    else blocks.push({ name, layers: [layer] });
  }
  return blocks.map(({ layers }) => layers);
}

function layersInOrder(network: Network): string[] {
  return walk(network).calls.map(({ layer }) => layer.config.name);
}

/** A layer of that name, else the first of those whose names begin with it. */
function firstLayerOf(network: Network, name: string): string | undefined {
  const layers = layersInOrder(network);
  if (layers.includes(name)) return name;
  return layers.find(layer => layer.startsWith(name) && !/^\d/.test(layer.slice(name.length)));
}

/** The boundary that lies directly below a layer. */
function boundaryBelow(network: Network, boundaries: readonly string[], first: string): string {
  const { calls } = walk(network);
  const call = calls.find(({ layer }) => layer.config.name === first);
  const below = call?.inputs.map(([name]) => name) ?? [];
  const boundary = boundaries.find(each => below.includes(each));
  if (boundary !== undefined && below.length === 1) return boundary;
  // It names the boundaries around; of a residual's two inputs one may be a boundary.
  splitAt(network, below.find(each => each !== boundary) ?? first);
  refuseOption(`--unfreeze ${first}: nothing lies below it that could stay frozen.`);
}

/** The part of the input's height that is left where the topmost blocks begin. */
const topScale = 1 / 16;

function cutOfTop(network: Network, boundaries: readonly string[]): string {
  const { calls } = walk(network);
  const heightOf = (call: (typeof calls)[number] | undefined) =>
    call?.shape.length === 3 ? call.shape[0] : undefined;
  const most = (heightOf(calls[0]) ?? 0) * topScale;
  const found = calls.find((call, position) => {
    const { name } = call.layer.config;
    const next = calls[position + 1]?.layer.config.name;
    const isEnd = next === undefined || blockOf(next) !== blockOf(name);
    const height = heightOf(call);
    return isEnd && height !== undefined && height !== null && height <= most && boundaries.includes(name);
  });
  return found?.layer.config.name ?? boundaries[0] ?? '';
}
