// tfjs layers models on disk: what is written is read back, and plain tfjs reads it alike.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel as loadFromArtifacts } from '@tensorflow/tfjs-layers';
import {
  loadLayersModel,
  saveLayersModel,
  toArtifacts,
} from '../../../src/formats/tfjs-layers/layers-model.js';
import type { Network } from '../../../src/network/network.js';
import { writeConverterOutput, writeTeachableMachine } from '../../helpers/tfjs-folders.js';
import { largestDifference, loadInTfjs, predict } from '../plain-tfjs.js';

const embedded = 'pretrained/efficientnet-lite0';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'finetune-'));
}

function assertSame(one: Network, other: Network): void {
  assert.deepEqual(one.topology, other.topology);
  assert.deepEqual([...one.weights.values()], [...other.weights.values()]);
}

test('a network is read back as it was written, over several shards of 4 MiB', async () => {
  const dir = folder();
  const network = await loadLayersModel(embedded);
  const { bytes } = await saveLayersModel(dir, network);
  const shards = readdirSync(dir).filter(name => name.endsWith('.bin'));
  assert.deepEqual(
    shards,
    [1, 2, 3, 4, 5].map(i => `group1-shard${i}of5.bin`),
  );
  assert.equal(readFileSync(join(dir, shards[0]!)).length, 4_194_304);
  assert.equal(bytes, 4 * 4_694_024);
  const { notes: _notes, ...written } = network;
  assertSame(await loadLayersModel(dir), { ...written } as Network);
});

for (const [quantize, tolerance, size] of [
  ['float16', 2 ** -11, 0.51],
  ['uint16', 2 ** -16, 0.51],
  ['uint8', 2 ** -8, 0.27],
] as const) {
  test(`${quantize} keeps kernels within its step and vectors exactly, and plain tfjs reads it the same`, async () => {
    const dir = folder();
    const network = await loadLayersModel(embedded);
    const { bytes } = await saveLayersModel(dir, network, { quantize });
    assert.ok(bytes < size * 4 * 4_694_024);
    const { weights } = await loadLayersModel(dir);
    for (const [name, { data, shape }] of network.weights) {
      const range = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const allowed = shape.length < 2 ? 0 : 2 * range * tolerance;
      assert.ok(largestDifference(weights.get(name)!.data, data) <= allowed, name);
    }
    const model = await loadInTfjs(dir, 'cpu');
    const variable = model.getLayer('predictions').weights[0]!.read();
    assert.equal(largestDifference(variable.dataSync(), weights.get('predictions/kernel')!.data), 0);
    model.dispose();
  });
}

test('a network goes into tfjs without a file', async () => {
  await tf.setBackend('cpu');
  const network = await loadLayersModel(embedded);
  const { modelTopology, weightSpecs, weightData } = toArtifacts(network);
  const model = await loadFromArtifacts(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  const kernel = model.getLayer('predictions').weights[0]!.read().dataSync();
  assert.equal(largestDifference(kernel, network.weights.get('predictions/kernel')!.data), 0);
  model.dispose();
});

for (const [title, write] of [
  ['models nested in models, as Teachable Machine writes them, are flattened', writeTeachableMachine],
  ['weights in a group per layer, as tensorflowjs_converter writes them, are found', writeConverterOutput],
] as const) {
  test(`${title}, and compute what they did`, async () => {
    const [foreign, dir] = [folder(), folder()];
    await write(foreign);
    await saveLayersModel(dir, await loadLayersModel(foreign));
    const shape = [224, 224, 3];
    const input = { shape, data: Float32Array.from({ length: 224 * 224 * 3 }, (_, i) => Math.sin(0.37 * i)) };
    const [own] = predict(await loadInTfjs(foreign), [input]);
    const [flat] = predict(await loadInTfjs(dir), [input]);
    assert.ok(largestDifference(flat!, own!) <= 1e-5);
  });
}

/** A copy of a small model's folder with something done to it. */
async function spoiled(spoil: (dir: string) => void): Promise<string> {
  const dir = folder();
  const { topology, weights } = await loadLayersModel(embedded);
  await saveLayersModel(dir, { topology, weights });
  spoil(dir);
  return dir;
}

interface ModelJson {
  format: string;
  modelTopology?: object;
  weightsManifest?: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}

function edit(change: (model: ModelJson) => void) {
  return (dir: string) => {
    const path = join(dir, 'model.json');
    const model: ModelJson = JSON.parse(readFileSync(path, 'utf8'));
    change(model);
    writeFileSync(path, JSON.stringify(model));
  };
}

/** Writes over a file's first bytes; its size stays. */
function replaceBytes(path: string, text: string): void {
  const bytes = readFileSync(path);
  bytes.write(text);
  writeFileSync(path, bytes);
}

function setPath(path: string) {
  return edit(model => model.weightsManifest![0]!.paths.splice(0, 1, path));
}

function setWeight(change: object) {
  return edit(model => Object.assign(model.weightsManifest![0]!.weights[0]!, change));
}

const refusals: readonly (readonly [title: string, spoil: (dir: string) => void, message: RegExp])[] = [
  ['a shard that is cut', dir => truncateSync(join(dir, 'group1-shard5of5.bin'), 100), /hold \d+ bytes, but/],
  ['a shard outside of the folder', setPath('../group1-shard1of5.bin'), /file name without folders/],
  ['a shard at an absolute path', setPath('/etc/passwd'), /file name without folders/],
  ['a shard that is missing', setPath('other.bin'), /other\.bin is missing/],
  [
    'shards that are sorted as text',
    edit(m => m.weightsManifest![0]!.paths.reverse()),
    /lists group1-shard4of5\.bin after group1-shard5of5\.bin/,
  ],
  [
    'a web page in place of a shard',
    dir => replaceBytes(join(dir, 'group1-shard2of5.bin'), '<!DOCTYPE html><html><head>'),
    /shard2of5\.bin is no shard of weights but a web page/,
  ],
  [
    'a Git LFS pointer in place of a shard',
    dir =>
      writeFileSync(
        join(dir, 'group1-shard1of5.bin'),
        'version https://git-lfs.github.com/spec/v1\noid sha256:',
      ),
    /Git LFS pointer.*git lfs pull/,
  ],
  ['a weight of endless size', setWeight({ shape: [2 ** 31, 2 ** 31, 2 ** 31] }), /describes \d/],
  ['a weight of negative size', setWeight({ shape: [-1] }), /weightsManifest\.0\.weights\.0\.shape/],
  ['a weight of texts', setWeight({ dtype: 'string' }), /weightsManifest\.0\.weights\.0\.dtype/],
  [
    'a weight under a wrong name',
    setWeight({ name: 'other/kernel' }),
    /"kernel" of the layer "stem_conv" is missing/,
  ],
  ['no weights', edit(m => delete m.weightsManifest), /weightsManifest/],
  ['no topology', edit(m => delete m.modelTopology), /model config: expected an object/],
  ['a graph model', edit(m => (m.format = 'graph-model')), /graph model/],
  ['a model.json that is no JSON', dir => writeFileSync(join(dir, 'model.json'), '{'), /not JSON/],
];

for (const [title, spoil, message] of refusals) {
  test(`refused: a folder with ${title}`, async () => {
    await assert.rejects(loadLayersModel(await spoiled(spoil)), message);
  });
}

test('weights that are not those of the card are refused: one bit is enough', async () => {
  const dir = folder();
  const { sha256 } = await saveLayersModel(dir, await loadLayersModel(embedded));
  await loadLayersModel(dir, sha256);
  const path = join(dir, 'group1-shard3of5.bin');
  const bytes = readFileSync(path);
  bytes[100_000]! ^= 1;
  writeFileSync(path, bytes);
  await assert.rejects(loadLayersModel(dir, sha256), { code: 'bad-model', message: /sha-256 differs/ });
});

test('refused: a folder that is not there', async () => {
  await assert.rejects(loadLayersModel(join(folder(), 'nowhere')), /model\.json is missing/);
});

test('refused: saving NaN, and then nothing is left in the folder', async () => {
  const dir = folder();
  const { topology, weights } = await loadLayersModel(embedded);
  const [last] = [...weights.values()].slice(-1);
  const broken = new Map(weights).set(last!.name, { ...last!, data: last!.data.map(() => Number.NaN) });
  await assert.rejects(saveLayersModel(dir, { topology, weights: broken }), /holds NaN/);
  assert.deepEqual(readdirSync(dir), []);
});
