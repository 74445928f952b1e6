// Joins a plan of weights with the variables found in a file: shapes checked, transforms applied.

import { FinetuneError } from '../../errors.js';
import { elementCount, readWeight, type WeightSource } from '../../network/source.js';
import type { FlatTopology, PlannedWeight } from './flatten.js';
import type { SavedVariable } from './steps.js';
import { type LeafNode, placeOf } from './tree.js';

/**
 * The weights of a flat topology.
 * @param found per layer its variables as the file has them, in Keras' order
 * @param storedBytes of all of them
 * @throws FinetuneError `bad-weights` where number or shape of a layer's variables is not what its config implies, or
 * where the weights are out of all proportion to what is stored
 */
export function bindWeights(
  flat: FlatTopology,
  found: ReadonlyMap<LeafNode, readonly WeightSource[]>,
  storedBytes: number,
): readonly WeightSource[] {
  const sources = new Map<SavedVariable, WeightSource>();
  for (const [leaf, variables] of flat.saved) {
    const own = found.get(leaf) ?? [];
    assertCount(leaf, variables, own);
    for (const [i, variable] of variables.entries()) {
      const source = own[i];
      if (source === undefined || variable.optional) continue;
      assertShape(leaf, variable, source);
      sources.set(variable, source);
    }
  }
  assertPlausible(flat.weights, storedBytes);
  return flat.weights.map(weight => bindWeight(weight, sources));
}

/**
 * Compressed floats hardly shrink, and dilated or grouped kernels hardly grow as they are written out: a file of which
 * a hundred times its size is to come lies.
 */
function assertPlausible(weights: readonly PlannedWeight[], storedBytes: number): void {
  const claimed = weights.reduce((bytes, { shape }) => bytes + 4 * elementCount(shape), 0);
  if (claimed <= 100 * storedBytes + 1_048_576) return;
  throw new FinetuneError(
    'bad-weights',
    `The file has ${storedBytes} bytes but claims to hold ${claimed} bytes of weights. It is damaged.`,
  );
}

function bindWeight(
  { name, shape, from }: PlannedWeight,
  sources: ReadonlyMap<SavedVariable, WeightSource>,
): WeightSource {
  if ('values' in from) return { name, shape, read: () => [from.values] };
  const source = sources.get(from.saved);
  const { transform } = from;
  if (source === undefined) throw new Error(`Nothing is bound to the weight "${name}".`);
  if (transform === undefined) return { name, shape, read: () => source.read() };
  return { name, shape, read: () => [transform(readWeight(source).data)] };
}

function assertCount(
  leaf: LeafNode,
  variables: readonly SavedVariable[],
  found: readonly WeightSource[],
): void {
  const required = variables.filter(variable => !variable.optional).length;
  if (found.length >= required && found.length <= variables.length) return;
  throw new FinetuneError(
    'bad-weights',
    `The layer ${placeOf(leaf)} (${leaf.className}) needs ${required} weights (${variables.map(({ name }) => name).join(', ')}), but the file holds ${found.length} for it. Expected weights of this very architecture.`,
  );
}

function assertShape(leaf: LeafNode, variable: SavedVariable, source: WeightSource): void {
  const expected = variable.shape;
  const fits =
    expected.length === source.shape.length && expected.every((size, i) => size === source.shape[i]);
  if (fits && elementCount(expected) > 0) return;
  throw new FinetuneError(
    'bad-weights',
    `The weight "${variable.name}" of the layer ${placeOf(leaf)} has the shape [${source.shape.join(', ')}] in the file; its config and input imply [${expected.join(', ')}]. Expected weights of this very architecture.`,
  );
}
