// Models as people bring them: each is read right, or refused by what it is. Expected values are Keras' own.
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { openModel } from '../../src/formats/open.js';
import { openSession } from '../../src/inference/session.js';
import { findFeatureLayer } from '../../src/network/cut.js';
import { readNetwork, withClosing } from '../../src/network/source.js';
import { unzip } from './make-files.js';
import { largestDifference } from './plain-tfjs.js';

const cases = 'test/fixtures/cases';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'finetune-'));
}

/** What the model gives for flat index i -> ((7 * i) % 256) / 255 * scale. */
async function outputsOf(
  path: string,
  shape: readonly [number, number, number],
  scale = 1,
): Promise<Float32Array> {
  const network = await withClosing(await openModel(path), readNetwork);
  const length = shape.reduce((product, size) => product * size, 1);
  const input = Float32Array.from({ length }, (_, i) => (((7 * i) % 256) / 255) * scale);
  const session = await openSession(compileOnnx(network));
  try {
    return Float32Array.from((await session.run(input, [1, ...shape])).data);
  } finally {
    await session.release();
  }
}

function expectedOf(name: string): number[] {
  return JSON.parse(readFileSync(join(cases, `${name}.expected.json`), 'utf8')).values;
}

const right = [
  ['weights in bfloat16, in a .keras archive', 'bfloat16.keras', 'bfloat16', [16, 16, 3], 1, 1e-5],
  ['weights in bfloat16, in an .h5 file', 'bfloat16.h5', 'bfloat16', [16, 16, 3], 1, 1e-5],
  // Keras rounds each layer's input to 8 bits as well.
  ["Dense layers after model.quantize('int8')", 'int8_dense.keras', 'int8_dense', [16, 16, 3], 1, 5e-3],
  ['a sigmoid of one unit', 'dense1_sigmoid.keras', 'dense1_sigmoid', [32, 32, 3], 255, 1e-5],
] as const;
for (const [title, file, expected, shape, scale, tolerance] of right) {
  test(`${title}: as Keras computes it`, async () => {
    const outputs = await outputsOf(join(cases, file), shape, scale);
    assert.ok(largestDifference(outputs, expectedOf(expected)) <= tolerance);
  });
}

test('groups named with backslashes, as Keras on Windows wrote them, are read as with slashes', async () => {
  const { weights } = await withClosing(await openModel(join(cases, 'c33_backslash.keras')), readNetwork);
  const shapes = [...weights.values()].map(({ name, shape }) => `${name} ${shape.join('x')}`);
  assert.equal(shapes.length, 10);
  assert.ok(shapes.includes('base_c1/kernel 3x3x3x8'), shapes.join(', '));
});

test("Keras' model.json beside weights in .h5: from the folder or from either file, the same network", async () => {
  const dir = join(cases, 'json-and-weights');
  const [whole, ...others] = await Promise.all(
    [dir, join(dir, 'model.json'), join(dir, 'model.h5')].map(path => outputsOf(path, [32, 32, 3])),
  );
  assert.equal(whole!.length, 3);
  for (const each of others) assert.deepEqual(each, whole);
});

test('a topology without weights beside it, or with several, says which files are missing or in doubt', async () => {
  const dir = folder();
  copyFileSync(join(cases, 'json-and-weights/model.json'), join(dir, 'net.json'));
  await assert.rejects(openModel(dir), {
    code: 'bad-model',
    message: /Expected its weights beside it.*there is none/,
  });
  for (const name of ['a.h5', 'b.h5'])
    copyFileSync(join(cases, 'json-and-weights/model.h5'), join(dir, name));
  await assert.rejects(openModel(join(dir, 'net.json')), { message: /there are a\.h5, b\.h5/ });
  copyFileSync(join(cases, 'json-and-weights/model.h5'), join(dir, 'net_weights.h5'));
  await (await openModel(dir)).close();
});

test('a .keras archive that was unpacked is read from its folder', async () => {
  const dir = folder();
  for (const [name, bytes] of unzip('test/fixtures/keras/sequential.keras'))
    writeFileSync(join(dir, name), bytes);
  const unpacked = await withClosing(await openModel(dir), readNetwork);
  const packed = await withClosing(await openModel('test/fixtures/keras/sequential.keras'), readNetwork);
  assert.deepEqual([...unpacked.weights.values()], [...packed.weights.values()]);
});

test("names of Keras 3 in a tfjs manifest: a depthwise convolution's weight is called kernel", async () => {
  assert.equal((await outputsOf(join(cases, 'tfjs_t42'), [16, 16, 3])).every(Number.isFinite), true);
});

test('augmentation in a tfjs folder is left out, and said so', async () => {
  const { notes } = await withClosing(await openModel(join(cases, 'tfjs_t48')), model => model);
  assert.equal(notes.length, 3);
  assert.match(notes.join(' '), /RandomFlip.*left out.*RandomRotation.*RandomZoom/);
});

/** Files that say what they are only by their name, or by their first bytes. */
function made(name: string, text: string): () => string {
  return () => {
    const path = join(folder(), name);
    writeFileSync(path, text);
    return path;
  };
}

function savedModel(): string {
  const dir = folder();
  writeFileSync(join(dir, 'saved_model.pb'), 'x');
  return dir;
}

function versioned(): string {
  const dir = folder();
  cpSync(savedModel(), join(dir, '1'), { recursive: true });
  return dir;
}

/** A copy of a tfjs folder with other bytes, as many, in its first shard. */
function withShard(text: string | Float32Array): () => string {
  return () => {
    const dir = folder();
    cpSync(join(cases, 'tfjs_t42'), dir, { recursive: true });
    const path = join(dir, 'group1-shard1of1.bin');
    const bytes = readFileSync(path);
    bytes.fill(typeof text === 'string' ? text : new Uint8Array(text.buffer));
    writeFileSync(path, bytes);
    return dir;
  };
}

function pointedAt(): string {
  const dir = folder();
  cpSync(join(cases, 'bfloat16.h5'), join(dir, 'mine.h5'));
  return dir;
}

const refused: readonly (readonly [title: string, path: () => string, message: RegExp])[] = [
  ['a TensorFlow SavedModel', savedModel, /is a TensorFlow SavedModel.*load_model\(/],
  ['the file inside a SavedModel', () => join(savedModel(), 'saved_model.pb'), /is a TensorFlow SavedModel/],
  ['a folder of versions of a SavedModel', versioned, /is a TensorFlow SavedModel/],
  ['a text in place of a shard', withShard('{"error": "not found"} '), /no shard of weights but a text/],
  [
    'a Git LFS pointer',
    made('m.keras', 'version https://git-lfs.github.com/spec/v1\n'),
    /Git LFS pointer.*git lfs pull/,
  ],
  ['a web page', made('m.h5', '<!DOCTYPE html><html>'), /is a web page/],
  ['an empty file', made('m.keras', ''), /m\.keras is empty/],
  ['a PyTorch file', made('m.pt', 'PK\x03\x04'), /is a PyTorch file/],
  ['a TensorFlow Lite model', made('m.tflite', '\x1c\0\0\0TFL3'), /is a TensorFlow Lite model/],
  ['an empty folder', folder, /is empty/],
  ['a folder in which a model lies', pointedAt, /Did you mean .*mine\.h5\?/],
  ['shards sorted as text', () => join(cases, 'tfjs_t45c'), /in the order of their numbers/],
  [
    'a web page in place of a shard',
    () => join(cases, 'tfjs_t46html2'),
    /no shard of weights but a web page/,
  ],
  ['channels that come first', () => join(cases, 'tfjs_t49cf'), /channels_first.*which is not supported/],
  ['10,000 nested lists', () => join(cases, 'nested-model'), /lists within lists/],
];
for (const [title, path, message] of refused) {
  test(`refused by what it is: ${title}`, async () => {
    await assert.rejects(openModel(path()), (error: Error & { code?: string }) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /damaged\b(?!,)/);
      return /bad-model|unsupported-layer/.test(error.code ?? '');
    });
  });
}

for (const [title, value] of [
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
] as const) {
  test(`weights that hold ${title} are refused when they are read`, async () => {
    const model = await openModel(withShard(Float32Array.of(1, value))());
    assert.throws(() => readNetwork(model), { code: 'bad-weights', message: /Expected finite numbers/ });
  });
}

test('a dilation that makes a small kernel fill the memory is refused before anything is read', async () => {
  const dir = folder();
  cpSync(join(cases, 'tfjs_t42'), dir, { recursive: true });
  const path = join(dir, 'model.json');
  const model = readFileSync(path, 'utf8');
  const dilated = model.replaceAll('"dilation_rate": [1, 1]', '"dilation_rate": [4294967296, 1]');
  writeFileSync(path, dilated);
  await assert.rejects(openModel(dir), {
    code: 'bad-weights',
    message: /claims to hold \d+ bytes of weights/,
  });
});

for (const [title, file, layer] of [
  ['a resize inside the network, which exchanges axes', 'resizing_inside.keras', 'base_sw'],
  ['preprocessing inside the network, which exchanges channels', 'c39t_caffe_pre.h5', 'conv2d_25'],
] as const) {
  test(`a network is cut at its last feature map by itself, above ${title}`, async () => {
    const network = await withClosing(await openModel(join(cases, file)), readNetwork);
    assert.equal(findFeatureLayer(network), layer);
  });
}
