// Weights by a rule that scripts/golden/networks.py follows, too: Keras' numbers can be compared with without its files.

import { File, ready } from 'h5wasm/node';
import type { FunctionalConfig, LayerConfig, Network, WeightTensor } from '../../src/network/network.js';
import { type Variable, variablesOf } from '../../src/network/variables.js';
import { walk } from '../../src/network/walk.js';

/** An integer hash: the last step of MurmurHash3. */
export function hash(number: number): number {
  let x = number >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Numbers in -1..1 that depend on a text and on nothing else. */
export function madeUpNumbers(text: string, length: number): Float64Array {
  const seed = Buffer.from(text).reduce((state, byte) => Math.imul(state ^ byte, 0x01000193), 0x811c9dc5);
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) numbers[i] = hash(Math.imul(i, 0x9e3779b9) + seed) / 2 ** 31 - 1;
  return numbers;
}

/**
 * A network with made-up weights.
 * @param topology without Normalization layers, which only files have
 */
export function madeUpNetwork(topology: FunctionalConfig): Network {
  const weights = weightsOf(topology).flatMap(([, values]) => values);
  return { topology, weights: new Map(weights.map(weight => [weight.name, weight])) };
}

/**
 * Writes a weights-only HDF5 file as Keras 1 and 2 did: a group per layer, names that say little.
 * @param topology as the catalogue plans it
 */
export async function writeMadeUpWeights(path: string, topology: FunctionalConfig): Promise<void> {
  await ready;
  const file = new File(path, 'w');
  const layers = weightsOf(topology);
  file.create_attribute(
    'layer_names',
    layers.map(([layer]) => nameOf(layer)),
  );
  for (const [layer, weights] of layers) {
    const names = weights.map((_, i) => `${nameOf(layer)}_W_${i}:0`);
    const group = file.create_group(nameOf(layer));
    if (names.length === 0) continue;
    group.create_attribute('weight_names', names);
    weights.forEach(({ data, shape }, i) => {
      group.create_dataset({ name: names[i]!, data, shape: [...shape] });
    });
  }
  file.close();
}

function weightsOf(topology: FunctionalConfig): [LayerConfig, WeightTensor[]][] {
  const network = walk({ topology });
  return topology.config.layers.map(layer => {
    const { inputShapes } = network.callOf([layer.config.name, 0, 0]);
    return [layer, makeUp(layer, inputShapes[0] ?? [])];
  });
}

function makeUp(layer: LayerConfig, input: readonly (number | null)[]): WeightTensor[] {
  const named = (name: string) => `${layer.config.name}/${name}`;
  // Keras keeps what it normalizes by as weights: means and variances per channel, and of how many images.
  if (layer.class_name === 'Normalization') {
    const deviations = [0.229, 0.224, 0.225];
    return [
      { name: named('mean'), shape: [3], data: Float32Array.of(0.485, 0.456, 0.406) },
      { name: named('variance'), shape: [3], data: Float32Array.from(deviations, each => each ** 2) },
      { name: named('count'), shape: [], data: Float32Array.of(0) },
    ];
  }
  return variablesOf(layer.class_name, layer.config, input).map((variable, position) => ({
    name: named(variable.name),
    shape: variable.shape,
    data: madeUpWeight(layer, position, variable),
  }));
}

function madeUpWeight(layer: LayerConfig, position: number, { name, shape }: Variable): Float32Array {
  const size = (sizes: readonly number[]) => sizes.reduce((product, each) => product * each, 1);
  const numbers = madeUpNumbers(`${nameOf(layer)}/${position}`, size(shape));
  const isSpread = /gamma|variance/.test(name);
  // Kernels keep signals alive through many layers, and let no rounding error grow.
  const fanIn = size(shape.slice(0, layer.class_name === 'DepthwiseConv2D' ? -2 : -1));
  const scale = isSpread ? 0.3 : shape.length === 1 ? 0.1 : Math.sqrt(4.5 / fanIn);
  const centre = isSpread ? 1 : 0;
  const weights = new Float32Array(numbers.length);
  for (let i = 0; i < weights.length; i++) weights[i] = centre + scale * numbers[i]!;
  return weights;
}

/** A slash would make a group of groups. */
function nameOf(layer: LayerConfig): string {
  return layer.config.name.replaceAll('/', '_');
}
