import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { rowKey } from '../../src/features/store.js';
import { checkout } from '../helpers/finetune.js';
import { filesOf, fill, folder, key, open, read } from './open-store.js';

const writer = [join(import.meta.dirname, 'store-writer.js')];

describe('The feature store', () => {
  test('keeps features over a restart, to the bit', () => {
    const dir = join(folder, 'restart');
    const features = Float32Array.from({ length: 1280 }, (_, i) => Math.sin(i));
    const { store } = open(dir);
    store.put(key('photo'), features);
    assert.deepEqual(read(store, 'photo', 1280), features);
    store.close();
    const { store: again, warnings } = open(dir);
    assert.deepEqual(read(again, 'photo', 1280), features);
    assert.equal(again.countOf(key('photo')), 1280);
    assert.deepEqual([again.countOf(key('other')), read(again, 'other', 1280)], [undefined, undefined]);
    again.close();
    assert.deepEqual(warnings, []);
  });

  test('keeps quantized features in a quarter of the size and gives them back as floats', () => {
    const dir = join(folder, 'quantized');
    const { store } = open(dir);
    store.put(key('photo'), { data: Uint8Array.of(3, 5, 255), scale: 0.5, zeroPoint: 3 });
    store.close();
    const { store: again } = open(dir);
    assert.deepEqual(read(again, 'photo', 3), Float32Array.of(0, 1, 126));
    again.close();
    const bytes = (dirName: string) => statSync(filesOf(dirName)[0] ?? '').size;
    const large = { data: new Uint8Array(10_000), scale: 0.5, zeroPoint: 0 };
    for (const [name, features] of [
      ['bytes', large],
      ['floats', new Float32Array(10_000)],
    ] as const) {
      const { store: one } = open(join(folder, name));
      one.put(key('photo'), features);
      one.close();
    }
    assert.ok(bytes(join(folder, 'bytes')) < bytes(join(folder, 'floats')) / 3.9);
  });

  test('knows an image by its content and its view', () => {
    const names = [rowKey('a', 'original'), rowKey('a', 'mirrored'), rowKey('b', 'original')];
    assert.equal(new Set(names).size, 3);
    assert.equal(rowKey('a', 'original'), names[0]);
  });

  test('keeps the features of different bases apart', () => {
    const dir = join(folder, 'bases');
    const { store } = open(dir);
    store.put(key('photo'), Float32Array.of(1));
    store.close();
    const { store: other } = open(dir, { base: 'another base' });
    assert.equal(other.countOf(key('photo')), undefined);
    other.close();
  });

  test('does not grow beyond its size limit; the oldest features go first', async () => {
    const dir = join(folder, 'limit');
    const maxBytes = 4_000_000;
    for (let run = 0; run < 10; run++) {
      const { store } = open(dir, { maxBytes });
      for (let i = 0; i < 200; i++) store.put(key(`${run}-${i}`), new Float32Array(1280).fill(i));
      store.close();
      // Files are told apart by when they were last written to, in milliseconds.
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    const bytes = filesOf(dir).reduce((sum, file) => sum + statSync(file).size, 0);
    assert.ok(bytes <= maxBytes, `${bytes} bytes`);
    const { store } = open(dir);
    assert.equal(read(store, '0-0', 1280), undefined);
    assert.equal(read(store, '9-199', 1280)?.[7], 199);
    store.close();
  });

  test('evicts nothing that is in use', () => {
    const dir = join(folder, 'in-use');
    const { store } = open(dir, { maxBytes: 1_000_000 });
    store.keep();
    for (let i = 0; i < 1000; i++) store.put(key(i), new Float32Array(1280).fill(i));
    for (let i = 0; i < 1000; i++) assert.equal(read(store, i, 1280)?.[3], i);
    // Another training evicts what it likes.
    const { store: other } = open(dir, { base: 'other', maxBytes: 100_000 });
    for (let i = 0; i < 100; i++) other.put(key(i), new Float32Array(1280));
    other.close();
    for (let i = 0; i < 1000; i++) assert.equal(read(store, i, 1280)?.[3], i);
    store.close();
  });

  test('appends to the file of an earlier training instead of beginning one for each', () => {
    const dir = join(folder, 'append');
    for (let run = 0; run < 5; run++) {
      const { store } = open(dir);
      store.put(key(run), Float32Array.of(run));
      store.close();
    }
    assert.equal(filesOf(dir).length, 1);
    const { store } = open(dir);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map(run => read(store, run, 1)?.[0]),
      [0, 1, 2, 3, 4],
    );
    store.close();
  });

  test('is shared by two processes at once', async () => {
    const dir = join(folder, 'shared');
    const write = (prefix: string) =>
      promisify(execFile)(process.execPath, [...writer, dir, prefix, '200'], { cwd: checkout });
    await Promise.all([write('left'), write('right')]);
    const { store } = open(dir);
    for (let i = 0; i < 200; i++) {
      for (const name of [`left-${i}`, `right-${i}`])
        assert.deepEqual(read(store, name, 2), Float32Array.of(i, i + 1));
    }
    store.close();
  });

  test('keeps what a process had stored that was killed, and takes its file over', () => {
    const dir = join(folder, 'killed');
    const killed = spawnSync(process.execPath, [...writer, dir, 'photo', '100', 'die'], { cwd: checkout });
    assert.equal(killed.signal, 'SIGKILL');
    const [file = ''] = filesOf(dir);
    // In the middle of a row, as far as anybody can tell.
    truncateSync(file, statSync(file).size - 3);
    const { store, warnings } = open(dir);
    assert.deepEqual(read(store, 'photo-98', 2), Float32Array.of(98, 99));
    assert.equal(read(store, 'photo-99', 2), undefined);
    store.put(key('photo-99'), Float32Array.of(99, 100));
    store.close();
    assert.deepEqual(
      filesOf(dir).map(each => each.endsWith('.rows')),
      [true],
    );
    const { store: again } = open(dir);
    for (let i = 0; i < 100; i++) assert.deepEqual(read(again, `photo-${i}`, 2), Float32Array.of(i, i + 1));
    again.close();
    assert.deepEqual(warnings, []);
  });

  test('finds changed bytes, and has such a row no more until it is computed anew', () => {
    const dir = join(folder, 'changed');
    const file = fill(dir, 50);
    const bytes = readFileSync(file);
    const stride = (bytes.length - 64) / 50;
    for (let i = 0; i < 40; i++) bytes[64 + i * stride + ((i * 997) % stride)]! ^= 0x55;
    writeFileSync(file, bytes);
    const { store, warnings } = open(dir);
    const found = Array.from({ length: 50 }, (_, i) => read(store, i, 1280)?.[9]);
    assert.deepEqual(
      found,
      Array.from({ length: 50 }, (_, i) => (i < 40 ? undefined : i)),
    );
    store.put(key(0), new Float32Array(1280).fill(7));
    store.close();
    const { store: again } = open(dir);
    assert.equal(read(again, 0, 1280)?.[9], 7);
    again.close();
    assert.deepEqual(warnings, []);
  });
});
