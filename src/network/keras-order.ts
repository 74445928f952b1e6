// The order in which Keras lists a network's layers.

import type { LayerConfig } from './network.js';

/**
 * Keras lists layers by falling distance to the output, and among equals in the order of a walk from the output down.
 * Weights-only files are matched in this order.
 * @param layers by name, each after its inputs
 * @returns those that lead to the output
 */
export function orderAsKeras(layers: ReadonlyMap<string, LayerConfig>, output: string): LayerConfig[] {
  const inputsOf = (name: string) => (layers.get(name)?.inbound_nodes?.[0] ?? []).map(([input]) => input);
  const walked = new Set<string>();
  const waiting = [output];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (walked.has(name)) continue;
    walked.add(name);
    waiting.push(...inputsOf(name).reverse());
  }
  // Layers are added after their inputs, so that from the last to the first every depth is known when it is used.
  const depths = new Map([[output, 0]]);
  for (const name of [...layers.keys()].reverse()) {
    for (const input of inputsOf(name)) {
      depths.set(input, Math.max(depths.get(input) ?? 0, (depths.get(name) ?? 0) + 1));
    }
  }
  return [...walked]
    .map((name, position) => ({ layer: layers.get(name), position, depth: depths.get(name) ?? 0 }))
    .sort((one, other) => other.depth - one.depth || one.position - other.position)
    .flatMap(({ layer }) => layer ?? []);
}
