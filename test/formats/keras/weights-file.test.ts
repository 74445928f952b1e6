// Weights without a topology, in every layout that Keras has written them.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Group, File as Hdf5File } from 'h5wasm';
import type { FunctionalConfig, Network } from '../../../src/network/network.js';
import { readKerasFile, readWeightsFile } from '../keras-models.js';
import { unzip, writeHdf5 } from '../make-files.js';

const folder = 'test/fixtures/keras';

/** A model's own config, as whoever knows the architecture has it. */
function topologyOf(archive: string): FunctionalConfig {
  return JSON.parse(unzip(join(folder, archive)).get('config.json')!.toString());
}

function assertSameWeights(one: Network, other: Network): void {
  assert.deepEqual([...one.weights.keys()], [...other.weights.keys()]);
  for (const [name, { data }] of one.weights) assert.deepEqual(data, other.weights.get(name)!.data, name);
}

const layouts = [
  ['the weights of Keras 3', 'sequential.weights.h5', 'sequential.keras'],
  ['a .keras archive, for its weights', 'sequential.keras', 'sequential.keras'],
  ['a whole model of Keras 3, for its weights', 'transfer.h5', 'transfer.keras'],
  ['the weights of Keras 2', 'keras2_sequential.weights_only.h5', 'keras2_sequential.keras'],
  ['a whole model of Keras 2, for its weights', 'keras2_sequential.h5', 'keras2_sequential.keras'],
] as const;

for (const [title, file, whole] of layouts) {
  test(`weights out of ${title}`, async () => {
    const network = await readWeightsFile(join(folder, file), topologyOf(whole));
    assertSameWeights(network, await readKerasFile(join(folder, whole)));
  });
}

/** Gives every data set of the file a name that says nothing, as files of Keras 1 have them. */
function anonymise(file: Hdf5File): void {
  const layers = file.get_attribute('layer_names', true) as string[];
  for (const layer of layers) {
    const group = file.get(layer) as Group;
    const names = (group.get_attribute('weight_names', true) ?? []) as string[];
    if (names.length === 0) continue;
    for (const [i, name] of names.entries()) group.create_hard_link(`/${layer}/${name}`, `w${i}`);
    group.delete_attribute('weight_names');
    group.create_attribute(
      'weight_names',
      names.map((_, i) => `w${i}`),
    );
  }
}

test('names in a file say nothing: weights are matched in order, those of a partly frozen nested model too', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'old.h5');
  await writeHdf5(path, anonymise, join(folder, 'keras2_transfer.weights_only.h5'));
  const network = await readWeightsFile(path, topologyOf('transfer.keras'));
  assertSameWeights(network, await readKerasFile(join(folder, 'keras2_transfer.h5')));
});

test('weights of Keras 3 are found by class and order where the file does not say which layer is which', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'old.weights.h5');
  const forget = (file: Hdf5File) => {
    const layers = file.get('layers') as Group;
    for (const layer of layers.keys())
      (layers.get(`${layer}/vars`) as Group | null)?.delete_attribute('name');
  };
  await writeHdf5(path, forget, join(folder, 'sequential.weights.h5'));
  const network = await readWeightsFile(path, topologyOf('sequential.keras'));
  assertSameWeights(network, await readKerasFile(join(folder, 'sequential.keras')));
});

test('long lists of names, split over several attributes, are joined', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'split.h5');
  const split = (file: Hdf5File) => {
    const names = file.get_attribute('layer_names', true) as string[];
    file.delete_attribute('layer_names');
    file.create_attribute('layer_names0', names.slice(0, 4));
    file.create_attribute('layer_names1', names.slice(4));
  };
  await writeHdf5(path, split, join(folder, 'keras2_sequential.weights_only.h5'));
  const network = await readWeightsFile(path, topologyOf('keras2_sequential.keras'));
  assertSameWeights(network, await readKerasFile(join(folder, 'keras2_sequential.h5')));
});

for (const [title, file] of [
  ['half precision', 'half.h5'],
  ['big-endian numbers', 'big_endian.h5'],
] as const) {
  test(`weights in ${title} are read`, async () => {
    const { weights } = await readKerasFile(join(folder, file));
    assert.deepEqual(weights.get('dense/kernel')!.data, Float32Array.of(0, 1, 2, 3, 4, 5));
  });
}

const mismatches = [
  [
    'more layers',
    'keras2_sequential.weights_only.h5',
    'merging.keras',
    /holds weights of 5 layers, the model has 4/,
  ],
  ['another layout of layers', 'sequential.weights.h5', 'separable.keras', /holds no weights for the layer/],
  ['one layer only', 'virtual.h5', 'sequential.keras', /holds weights of 1 layers/],
] as const;

for (const [title, file, whole, message] of mismatches) {
  test(`refused: a file with ${title}`, async () => {
    await assert.rejects(readWeightsFile(join(folder, file), topologyOf(whole)), message);
  });
}
