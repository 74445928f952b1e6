// Archives of Keras 3 that are broken, or made to do harm: each gives one clear error, soon, and leaves nothing behind.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { archiveWith, unzip, writeHdf5, zip } from '../make-files.js';
import { assertRefused, damaged } from './assert-refused.js';

const fixtures = 'test/fixtures/keras';
const whole = readFileSync(join(fixtures, 'sequential.keras'));
const parts = unzip(join(fixtures, 'sequential.keras'));
const weights = parts.get('model.weights.h5')!;
const config = parts.get('config.json')!;
const zeros = Buffer.alloc(150 * 1024 * 1024);

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

const withConfig = (value: unknown) => () => archiveWith(value, weights);
const withLayers = (layers: readonly object[], output: string) => withConfig(functional(layers, output));

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
  ['a config that is no JSON', withConfig('{"class_name":'), /not JSON/],
  ['a config of brackets', withConfig('['.repeat(200_000)), /not JSON/],
  [
    'a config of lists within lists',
    withConfig(`${'['.repeat(200_000)}${']'.repeat(200_000)}`),
    /lists within lists more than 500 deep/,
  ],
  ['a config that is a list', withConfig([]), /expected an object/],
  ['a subclassed model', withConfig({ class_name: 'MyModel', config: {} }), /holds a MyModel/],
  [
    'an unknown layer',
    withLayers([{ ...dense('a', 1, 'x'), class_name: 'Mystery' }], 'a'),
    /"a" is a Mystery.*Supported: .*Conv2D/,
  ],
  [
    'a layer of Python code',
    withLayers([{ ...dense('a', 1, 'x'), class_name: 'Lambda' }], 'a'),
    /Lambda: it holds Python code/,
  ],
  ['a ring of layers', withLayers([dense('a', 1, 'b'), dense('b', 1, 'a')], 'a'), /form a ring/],
  [
    'a layer that is not there',
    withLayers([dense('a', 1, 'nowhere')], 'a'),
    /inputs of "\w+" (are missing|form a ring)/,
  ],
  ['an output that is not there', withLayers([dense('a', 1, 'x')], 'b'), /does not have/],
  [
    'two layers of one name',
    withLayers([dense('a', 1, 'x'), dense('a', 1, 'x')], 'a'),
    /two layers named "a"/,
  ],
  ['models nested too deep', withConfig(nested(100)), /nested more than 32 deep/],
  ['models that multiply', withConfig(doubling(30)), /more than 100000 calls/],
  [
    'a layer of a billion units',
    withLayers([dense('dense', 1e9, 'x')], 'dense'),
    /has the shape .* imply \[3, 1000000000\]/,
  ],
  [
    'units that are no number',
    withLayers([{ ...dense('a', 1, 'x'), config: { units: '1e9' } }], 'a'),
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
