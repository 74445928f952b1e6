// Files that are broken, or made to do harm: each gives one clear error, soon, and leaves nothing behind.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { File as Hdf5File } from 'h5wasm';
import { FinetuneError } from '../../../src/errors.js';
import { openHdf5 } from '../../../src/formats/keras/hdf5/file.js';
import { convertKerasFile } from '../keras-models.js';
import { archiveWith, unzip, writeHdf5, zip } from '../make-files.js';

const fixtures = 'test/fixtures/keras';
const whole = readFileSync(join(fixtures, 'sequential.keras'));
const wholeHdf5 = readFileSync(join(fixtures, 'keras2_sequential.h5'));
const parts = unzip(join(fixtures, 'sequential.keras'));
const weights = parts.get('model.weights.h5')!;
const config = parts.get('config.json')!;
const zeros = Buffer.alloc(150 * 1024 * 1024);

/** The bytes with a few of them changed. */
function damaged(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(value, at, at + 4);
  return copy;
}

function dense(name: string, units: number, from: string) {
  return {
    class_name: 'Dense',
    config: { name, units },
    name,
    inbound_nodes: [[[from, 0, 0, {}]]],
  };
}

function functional(layers: readonly object[], output: string) {
  const input = {
    class_name: 'InputLayer',
    config: { name: 'x', batch_shape: [null, 3] },
    name: 'x',
    inbound_nodes: [],
  };
  const ends = { input_layers: [['x', 0, 0]], output_layers: [[output, 0, 0]] };
  return { class_name: 'Functional', config: { name: 'm', layers: [input, ...layers], ...ends } };
}

/** Models that call the next one twice each, `depth` deep. */
function doubling(depth: number): object {
  const add = { class_name: 'Add', config: { name: 'add' }, name: 'add' };
  if (depth === 0)
    return functional(
      [
        {
          ...add,
          inbound_nodes: [
            [
              ['x', 0, 0, {}],
              ['x', 0, 0, {}],
            ],
          ],
        },
      ],
      'add',
    );
  const inner = {
    ...doubling(depth - 1),
    name: 'inner',
    inbound_nodes: [[['x', 0, 0, {}]], [['x', 0, 0, {}]]],
  };
  return functional(
    [
      inner,
      {
        ...add,
        inbound_nodes: [
          [
            ['inner', 1, 0, {}],
            ['inner', 2, 0, {}],
          ],
        ],
      },
    ],
    'add',
  );
}

function nested(depth: number): object {
  let model: object = { class_name: 'Dense', config: { name: 'dense', units: 1 } };
  for (let i = 0; i < depth; i++)
    model = { class_name: 'Sequential', config: { name: `m${i}`, layers: [model] } };
  return model;
}

const archives: readonly (readonly [title: string, bytes: () => Buffer, message: RegExp])[] = [
  ['an empty file', () => Buffer.alloc(0), /model.keras is empty/],
  ['a text', () => Buffer.from('not a model'), /neither a \.keras archive nor an HDF5 file/],
  ['an archive cut in the middle', () => whole.subarray(0, whole.length / 2), /Cannot read .*complete/],
  ['an archive without its last bytes', () => whole.subarray(0, -10), /Cannot read .*complete/],
  [
    'an archive without a config',
    () => zip([{ name: 'model.weights.h5', data: weights }]),
    /holds no config\.json/,
  ],
  [
    'an archive without weights',
    () => zip([{ name: 'config.json', data: config }]),
    /holds no model\.weights\.h5/,
  ],
  ['an entry that leads out', () => zip([{ name: '../config.json', data: config }]), /invalid relative path/],
  ['an entry at the root', () => zip([{ name: '/config.json', data: config }]), /absolute path/],
  [
    'a config that is there twice',
    () => zip([1, 2].map(() => ({ name: 'config.json', data: config }))),
    /twice/,
  ],
  [
    'a bomb for a config',
    () => zip([{ name: 'config.json', data: zeros, deflate: true }]),
    /claims 157286400 bytes/,
  ],
  [
    'a bomb that claims to be small',
    () => zip([{ name: 'config.json', data: zeros, deflate: true, claim: 1000 }]),
    /too many bytes|Cannot read/,
  ],
  [
    'a bomb for weights',
    () =>
      zip([
        { name: 'config.json', data: config },
        { name: 'model.weights.h5', data: zeros, deflate: true },
      ]),
    /claims 157286400 bytes/,
  ],
  [
    'a flipped bit',
    () => damaged(whole, whole.length - 20_000, 0x55),
    /checksum of model\.weights\.h5 is wrong/,
  ],
  [
    'a wrong checksum',
    () =>
      zip([
        { name: 'config.json', data: config, checksum: 1 },
        { name: 'model.weights.h5', data: weights },
      ]),
    /checksum of config\.json/,
  ],
  [
    'weights that are no HDF5 file',
    () => archiveWith(config.toString(), Buffer.from('PK')),
    /not an HDF5 file/,
  ],
  [
    'weights that are cut off',
    () => archiveWith(config.toString(), weights.subarray(0, 20_000)),
    /truncated/,
  ],
  ['a config that is no JSON', () => archiveWith('{"class_name":', weights), /not JSON/],
  ['a config of brackets', () => archiveWith('['.repeat(200_000), weights), /not JSON/],
  [
    'a config of lists within lists',
    () => archiveWith(`${'['.repeat(200_000)}${']'.repeat(200_000)}`, weights),
    /lists within lists more than 500 deep/,
  ],
  ['a config that is a list', () => archiveWith([], weights), /expected an object/],
  [
    'a subclassed model',
    () => archiveWith({ class_name: 'MyModel', config: {} }, weights),
    /holds a MyModel/,
  ],
  [
    'an unknown layer',
    () => archiveWith(functional([{ ...dense('a', 1, 'x'), class_name: 'Mystery' }], 'a'), weights),
    /"a" is a Mystery.*Supported: .*Conv2D/,
  ],
  [
    'a layer of Python code',
    () => archiveWith(functional([{ ...dense('a', 1, 'x'), class_name: 'Lambda' }], 'a'), weights),
    /Lambda: it holds Python code/,
  ],
  [
    'a ring of layers',
    () => archiveWith(functional([dense('a', 1, 'b'), dense('b', 1, 'a')], 'a'), weights),
    /form a ring/,
  ],
  [
    'a layer that is not there',
    () => archiveWith(functional([dense('a', 1, 'nowhere')], 'a'), weights),
    /inputs of "\w+" (are missing|form a ring)/,
  ],
  [
    'an output that is not there',
    () => archiveWith(functional([dense('a', 1, 'x')], 'b'), weights),
    /does not have/,
  ],
  [
    'two layers of one name',
    () => archiveWith(functional([dense('a', 1, 'x'), dense('a', 1, 'x')], 'a'), weights),
    /two layers named "a"/,
  ],
  ['models nested too deep', () => archiveWith(nested(100), weights), /nested more than 32 deep/],
  ['models that multiply', () => archiveWith(doubling(30), weights), /more than 100000 calls/],
  [
    'a layer of a billion units',
    () => archiveWith(functional([dense('dense', 1e9, 'x')], 'dense'), weights),
    /has the shape .* imply \[3, 1000000000\]/,
  ],
  [
    'units that are no number',
    () => archiveWith(functional([{ ...dense('a', 1, 'x'), config: { units: '1e9' } }], 'a'), weights),
    /units is "1e9"/,
  ],
];

for (const [title, bytes, message] of archives) {
  test(`refused: ${title}`, async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'model.keras');
    writeFileSync(path, bytes());
    await assertRefused(path, message);
  });
}

const kernel = { name: 'kernel:0', data: new Float32Array(6), shape: [3, 2] };

/** A whole-model file of Keras 2 with one dense layer of 3 inputs. */
function denseModel(
  file: Hdf5File,
  add: (group: ReturnType<Hdf5File['create_group']>) => void,
  units = 2,
): void {
  const layer = { name: 'dense', units, use_bias: false, batch_input_shape: [null, 3] };
  const model = {
    class_name: 'Sequential',
    config: { name: 's', layers: [{ class_name: 'Dense', config: layer }] },
  };
  file.create_attribute('model_config', JSON.stringify(model));
  const group = file.create_group('model_weights');
  group.create_attribute('layer_names', ['dense']);
  const dense = group.create_group('dense');
  dense.create_attribute('weight_names', ['kernel:0']);
  add(dense);
}

const hdf5Files: readonly (readonly [title: string, make: (file: Hdf5File) => void, message: RegExp])[] = [
  [
    'weights without a model',
    file => file.create_attribute('layer_names', ['dense']),
    /weights without their topology/,
  ],
  ['a config that is a number', file => file.create_attribute('model_config', 5), /model_config is no text/],
  [
    'layers that are numbers',
    file => {
      denseModel(file, group => group.create_dataset(kernel));
      const group = file.get('model_weights') as Hdf5File;
      group.delete_attribute('layer_names');
      group.create_attribute('layer_names', new Float32Array(3));
    },
    /layer_names is no text/,
  ],
  [
    'a layer that is listed and missing',
    file => {
      denseModel(file, group => group.create_dataset(kernel));
      const group = file.get('model_weights') as Hdf5File;
      group.delete_attribute('layer_names');
      group.create_attribute('layer_names', ['dense', 'more']);
    },
    /more is listed .* missing/,
  ],
  ['a weight that is listed and missing', file => denseModel(file, () => {}), /kernel:0 is missing/],
  [
    'a layer without its weights',
    file =>
      denseModel(file, group => {
        group.delete_attribute('weight_names');
        group.create_attribute('weight_names', [], [0], '<f8');
      }),
    /holds weights of 0 layers/,
  ],
  [
    'a weight of another shape',
    file => denseModel(file, group => group.create_dataset({ ...kernel, shape: [2, 3] })),
    /has the shape \[2, 3\].* imply \[3, 2\]/,
  ],
  [
    'a weight with NaN',
    file =>
      denseModel(file, group =>
        group.create_dataset({ ...kernel, data: new Float32Array(6).fill(Number.NaN) }),
      ),
    /holds NaN/,
  ],
  [
    'a weight with infinity',
    file =>
      denseModel(file, group =>
        group.create_dataset({ ...kernel, data: new Float32Array(6).fill(Number.NEGATIVE_INFINITY) }),
      ),
    /holds -Infinity/,
  ],
  [
    'whole numbers for weights',
    file => denseModel(file, group => group.create_dataset({ ...kernel, data: new Int32Array(6) })),
    /no floating-point numbers/,
  ],
  [
    'texts for weights',
    file =>
      denseModel(file, group =>
        group.create_dataset({ name: 'kernel:0', data: ['a', 'b', 'c', 'd', 'e', 'f'], shape: [3, 2] }),
      ),
    /no floating-point numbers/,
  ],
  [
    'a weight that is a group',
    file => denseModel(file, group => group.create_group('kernel:0')),
    /kernel:0 is missing/,
  ],
  [
    'a link to nowhere',
    file => denseModel(file, group => group.create_soft_link('/nowhere', 'kernel:0')),
    /kernel:0 is missing/,
  ],
  [
    'a link to itself',
    file => denseModel(file, group => group.create_soft_link('/model_weights/dense/kernel:0', 'kernel:0')),
    /kernel:0/,
  ],
  [
    'a link into another file',
    file => denseModel(file, group => group.create_external_link('/etc/hostname', '/', 'kernel:0')),
    /kernel:0 is missing/,
  ],
  [
    'a terabyte that is not there',
    file =>
      denseModel(
        file,
        group =>
          group
            .create_dataset({
              ...kernel,
              data: new Float32Array(6),
              shape: [3, 2],
              maxshape: [3, null],
              chunks: [3, 2],
            })
            .resize([3, 1e11]),
        1e11,
      ),
    /claims to hold 1200000000000 bytes/,
  ],
  [
    'blocks of gigabytes',
    file =>
      denseModel(file, group => group.create_dataset({ ...kernel, maxshape: [3, null], chunks: [3, 3e8] })),
    /claims blocks of 3600000000 bytes/,
  ],
];

for (const [title, make, message] of hdf5Files) {
  test(`refused: an HDF5 file with ${title}`, async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'model.h5');
    await writeHdf5(path, make);
    await assertRefused(path, message);
  });
}

const cuts = [8, 100, 2000, 10_000, wholeHdf5.length - 1];
for (const length of cuts) {
  test(`refused: an HDF5 file cut after ${length} bytes`, async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'model.h5');
    writeFileSync(path, wholeHdf5.subarray(0, length));
    await assertRefused(path, /truncated|not an HDF5 file/);
  });
}

type Variables = readonly { readonly name: string; readonly data: Float32Array; readonly shape: number[] }[];
const wholeKernel = { name: '0', data: new Float32Array(6), shape: [3, 2] };
const wholeBias = { name: '1', data: new Float32Array(2), shape: [2] };

/** Per layer group of a Keras 3 file its variables; expected are a kernel and a bias in `dense`. */
const keras3Files: readonly (readonly [title: string, groups: Record<string, Variables>, message: RegExp])[] =
  [
    ['no layer', {}, /no weights for the layer "dense"/],
    ['another layer', { conv2d: [wholeKernel, wholeBias] }, /no weights for the layer "dense"/],
    ['a weight too few', { dense: [wholeKernel] }, /needs 2 weights \(kernel, bias\), but the file holds 1/],
    [
      'a weight too many',
      { dense: [wholeKernel, wholeBias, { ...wholeBias, name: '2' }] },
      /needs 2 weights .* holds 3/,
    ],
    ['a gap in the count', { dense: [wholeKernel, { ...wholeBias, name: '2' }] }, /vars\/1 is missing/],
    [
      'the weights exchanged',
      {
        dense: [
          { ...wholeBias, name: '0' },
          { ...wholeKernel, name: '1' },
        ],
      },
      /has the shape \[2\]/,
    ],
    ['NaN', { dense: [wholeKernel, { ...wholeBias, data: Float32Array.of(0, Number.NaN) }] }, /holds NaN/],
  ];

for (const [title, groups, message] of keras3Files) {
  test(`refused: an archive whose weights have ${title}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
    await writeHdf5(join(dir, 'weights.h5'), file => {
      const layers = file.create_group('layers');
      for (const [name, variables] of Object.entries(groups)) {
        const vars = layers.create_group(name).create_group('vars');
        for (const variable of variables) vars.create_dataset(variable);
      }
    });
    const model = functional([dense('dense', 2, 'x')], 'dense');
    writeFileSync(join(dir, 'model.keras'), archiveWith(model, readFileSync(join(dir, 'weights.h5'))));
    await assertRefused(join(dir, 'model.keras'), message);
  });
}

for (const file of ['external.h5', 'standard_input.h5', 'virtual.h5']) {
  test(`refused: weights that lie outside of the file (${file})`, async () => {
    await assertRefused(join(fixtures, file), /kernel:0/);
  });
}

test('a file that sends the HDF5 library into a loop without end is given up', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'model.h5');
  const bytes = Buffer.from(wholeHdf5);
  for (let at = bytes.indexOf('GCOL'); at >= 0; at = bytes.indexOf('GCOL', at + 4))
    bytes.fill(0, at + 16, at + 48);
  writeFileSync(path, bytes);
  const file = await openHdf5({ path, start: 0, bytes: bytes.length }, 'model.h5', 2000);
  assert.throws(
    () => file.attribute('/', 'model_config'),
    /took longer than 2 s.*too busy, or the file is damaged/,
  );
  file.close();
});

test('bits that fall over anywhere in a file give an error, or numbers', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'model.h5');
  for (let i = 0; i < 8; i++) {
    writeFileSync(path, damaged(wholeHdf5, Math.floor((i * wholeHdf5.length) / 8) + 40 * i, 0xff));
    const out = mkdtempSync(join(tmpdir(), 'finetune-'));
    await convertKerasFile(path, out).catch(error => assert.ok(error instanceof FinetuneError, error));
  }
});

async function assertRefused(path: string, message: RegExp): Promise<void> {
  const out = mkdtempSync(join(tmpdir(), 'finetune-'));
  const start = performance.now();
  await assert.rejects(convertKerasFile(path, out), (error: Error) => {
    assert.ok(error instanceof FinetuneError, error.stack);
    assert.match(error.message, message);
    assert.match(error.message, /Expected|Rebuild|damaged/); // how to mend it
    return true;
  });
  assert.deepEqual(readdirSync(out), []);
  assert.ok(performance.now() - start < 20_000);
  assert.ok(process.memoryUsage().rss < 1.2e9);
}
