// prepare --cut and --input-shape: a network that is still in its file, cut and at another input size. No weight is read.

import { type NetworkShape, shapeNetwork } from './cut.js';
import type { FunctionalConfig } from './network.js';
import { weightOwner } from './prune.js';
import type { NetworkSource } from './source.js';

/**
 * The source with what lies above the cut left out.
 * @throws FinetuneError `bad-option` for a cut or an input shape that the network does not allow
 */
export function shapeSource(source: NetworkSource, shape: NetworkShape): NetworkSource {
  const { topology } = shapeNetwork({ topology: source.topology, weights: new Map() }, shape);
  const all = layerNames(source.topology);
  const kept = layerNames(topology);
  const weights = source.weights.filter(({ name }) => kept.has(weightOwner(name, all) ?? ''));
  return { ...source, topology, weights };
}

function layerNames({ config }: FunctionalConfig): ReadonlySet<string> {
  return new Set(config.layers.map(layer => layer.config.name));
}
