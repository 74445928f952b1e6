// Writes a weights-only HDF5 file as Keras 1 and 2 did: a group per layer, names that say little, values seeded.

import { File, ready } from 'h5wasm/node';
import type { FunctionalConfig, LayerConfig } from '../../src/network/network.js';
import { variablesOf } from '../../src/network/variables.js';
import { walk } from '../../src/network/walk.js';
import { randomNumbers } from './tfjs-network.js';

/** @param topology as the catalogue plans it, without Normalization layers */
export async function writeWeightsFile(path: string, topology: FunctionalConfig): Promise<void> {
  await ready;
  const random = randomNumbers(1);
  const network = walk({ topology });
  const { layers } = topology.config;
  const file = new File(path, 'w');
  file.create_attribute('layer_names', layers.map(nameOf));
  for (const layer of layers) {
    const { inputShapes } = network.callOf([layer.config.name, 0, 0]);
    const variables = variablesOf(layer.class_name, layer.config, inputShapes[0] ?? []);
    const names = variables.map((_variable, i) => `${nameOf(layer)}_W_${i}:0`);
    const group = file.create_group(nameOf(layer));
    if (names.length === 0) continue;
    group.create_attribute('weight_names', names);
    variables.forEach(({ name, shape }, i) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const spread = shape.length > 1 ? Math.sqrt(12 / (length / shape.at(-1)!)) : 0.1;
      const centre = /gamma|variance/.test(name) ? 1 : 0;
      const data = Float32Array.from({ length }, () => centre + spread * random());
      group.create_dataset({ name: names[i]!, data, shape: [...shape] });
    });
  }
  file.close();
}

/** A slash would make a group of groups. */
function nameOf(layer: LayerConfig): string {
  return layer.config.name.replaceAll('/', '_');
}
