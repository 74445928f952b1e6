import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { filesOf, fill, folder, key, open, read } from './open-store.js';

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
