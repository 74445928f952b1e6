// HDF5 files that are broken, or made to do harm: each gives one clear error, soon, and leaves nothing behind.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { File as Hdf5File } from 'h5wasm';
import { FinetuneError } from '../../../src/errors.js';
import { openHdf5 } from '../../../src/formats/keras/hdf5/file.js';
import { convertKerasFile } from '../keras-models.js';
import { writeHdf5 } from '../make-files.js';
import { assertRefused, damaged } from './assert-refused.js';

const fixtures = 'test/fixtures/keras';
const wholeHdf5 = readFileSync(join(fixtures, 'keras2_sequential.h5'));

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
