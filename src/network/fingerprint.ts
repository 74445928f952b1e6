// The content hash of a network: equal for equal topology and weights, whatever folder they came from.

import { createHash } from 'node:crypto';
import type { Network } from './network.js';

/**
 * sha-256 over topology, weights and `extras` (anything else that changes what comes out, e.g. the precision), in hex.
 * Changes whenever a weight changes by a bit.
 */
export function fingerprintOf(network: Network, extras?: unknown): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([network.topology, extras ?? null]));
  const weights = [...network.weights.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, shape, data } of weights) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
