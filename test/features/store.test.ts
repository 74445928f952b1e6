import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { PipelineEvent } from '../../src/events.js';
import { FeatureStore, type FeatureStoreOptions, rowKey } from '../../src/features/store.js';
import { checkout } from '../helpers/finetune.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-store-'));
after(() => rmSync(folder, { recursive: true }));

const key = (name: string | number) => rowKey(String(name), 'original');

interface OpenStore {
  readonly store: FeatureStore;
  readonly warnings: readonly string[];
}

function open(dir: string, options: Partial<FeatureStoreOptions> = {}): OpenStore {
  const warnings: string[] = [];
  const emit = (event: PipelineEvent) => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  return { store: new FeatureStore({ dir, base: 'base', emit, ...options }), warnings };
}

function read(store: FeatureStore, name: string | number, size: number): Float32Array | undefined {
  const target = new Float32Array(size);
  return store.read(key(name), target) ? target : undefined;
}

/** The store's files, in any order. */
function filesOf(dir: string): string[] {
  const all = readdirSync(dir, { recursive: true, withFileTypes: true });
  return all.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
}

/** Rows of `count` numbers in a store that is closed again; the only file that holds them. */
function fill(dir: string, rows: number, count = 1280): string {
  const { store } = open(dir);
  for (let i = 0; i < rows; i++) store.put(key(i), new Float32Array(count).fill(i));
  store.close();
  const [file = '', ...others] = filesOf(dir);
  assert.deepEqual(others, []);
  return file;
}

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

const writer = [join(import.meta.dirname, 'store-writer.js')];

const isRoot = process.getuid?.() === 0;

describe('A feature store that cannot be used costs a warning, not the training:', () => {
  for (const [title, harm, said] of [
    [
      'its file is something else',
      (file: string) => writeFileSync(file, Buffer.alloc(10_000, 'no')),
      /\.rows: damaged, or not written by this program, and left as it is\. What was in there is computed again/,
    ],
    ['its file is empty', (file: string) => truncateSync(file, 0), /: 1 damaged file was removed from it/],
    ['its file was cut short', (file: string) => truncateSync(file, 70), undefined],
    [
      'its file is of another version',
      (file: string) => writeFileSync(file, readFileSync(file).fill(9, 0, 4)),
      /: 1 damaged file was removed from it/,
    ],
    [
      'its header is damaged',
      (file: string) => writeFileSync(file, readFileSync(file).fill(255, 8, 12)),
      /: 1 damaged file was removed from it/,
    ],
  ] as const) {
    test(`${title}: what is in it is computed anew`, () => {
      const dir = join(folder, title);
      harm(fill(dir, 20));
      const { store, warnings } = open(dir);
      assert.equal(read(store, 3, 1280), undefined);
      assert.ok(store.put(key(3), new Float32Array(1280).fill(3)));
      assert.equal(read(store, 3, 1280)?.[0], 3);
      store.close();
      assert.match(warnings.join('\n'), said ?? /^$/);
      const isLeft = title === 'its file is something else';
      const { store: again, warnings: later } = open(dir);
      assert.equal(read(again, 3, 1280)?.[0], 3);
      again.close();
      assert.deepEqual([filesOf(dir).length, later.length], isLeft ? [2, 1] : [1, 0]);
    });
  }

  for (const [title, prepare, reason] of [
    ['a part of its path is a file', (dir: string) => writeFileSync(dir, ''), /a part of the path is a file/],
    [
      'it may not be written',
      (dir: string) => {
        mkdirSync(dir);
        chmodSync(dir, 0o500);
      },
      /no permission to write there/,
    ],
  ] as const) {
    test(title, t => {
      const dir = join(folder, title);
      prepare(dir);
      if (isRoot && title === 'it may not be written') {
        // Root may write everywhere: let somebody else try.
        chmodSync(folder, 0o755);
        process.seteuid?.('nobody');
        t.after(() => process.seteuid?.(0));
      }
      const { store, warnings } = open(dir);
      for (let i = 0; i < 10; i++) assert.equal(store.put(key(i), Float32Array.of(1)), false);
      assert.equal(read(store, 0, 1), undefined);
      store.close();
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', reason);
      assert.match(warnings[0] ?? '', /only saves time.*--store DIR/);
    });
  }

  for (const [title, reserveBytes, reason] of [
    ['its disk is full', 0, /the disk is full/],
    ['its disk is nearly full', 2 ** 20, /less than 1 MiB free/],
  ] as const) {
    test(title, t => {
      const dir = join(folder, title);
      mkdirSync(dir);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dir]);
      if (mounted.status !== 0) return t.skip('only root may mount a small disk');
      try {
        const { store, warnings } = open(dir, { reserveBytes });
        const stored = Array.from({ length: 2000 }, (_, i) =>
          store.put(key(i), new Float32Array(1280).fill(i)),
        );
        const end = stored.indexOf(false);
        assert.ok(end > 100 && stored.slice(end).every(each => !each));
        for (let i = 0; i < end; i++) assert.equal(read(store, i, 1280)?.[5], i);
        store.close();
        assert.equal(warnings.length, 1);
        assert.match(warnings[0] ?? '', reason);
        const { store: again } = open(dir, { reserveBytes });
        assert.equal(read(again, end - 1, 1280)?.[5], end - 1);
        again.close();
      } finally {
        execFileSync('umount', [dir]);
      }
    });
  }

  test('an LMDB file of another version, which earlier versions of the program stored in, is left alone', () => {
    const dir = join(folder, 'lmdb');
    mkdirSync(join(dir, 'features-v1'), { recursive: true });
    writeFileSync(join(dir, 'features-v1', 'data.mdb'), 'anything');
    const { store, warnings } = open(dir);
    assert.ok(store.put(key(1), Float32Array.of(1)));
    store.close();
    assert.equal(readFileSync(join(dir, 'features-v1', 'data.mdb'), 'utf8'), 'anything');
    assert.deepEqual(warnings, []);
  });
});
