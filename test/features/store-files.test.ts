// The files of the feature store: who appends to them, and which go.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test, { after } from 'node:test';
import {
  createSegment,
  evictSegments,
  listSegments,
  openToAppend,
  releaseSegment,
  removeDamaged,
} from '../../src/features/store-files.js';
import { formatOf } from '../../src/features/store-segment.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-store-files-'));
after(() => rmSync(root, { recursive: true }));

const format = formatOf(new Float32Array(250));

/** A folder with files of so many rows of a thousand bytes, the first one oldest. */
function fill(name: string, rows: readonly number[]): string {
  const folder = join(root, name, 'base');
  mkdirSync(folder, { recursive: true });
  for (const [i, count] of rows.entries()) {
    const { path, segment } = createSegment(folder, format);
    for (let row = 0; row < count; row++) segment.append('k'.repeat(32), new Float32Array(250));
    segment.close();
    utimesSync(releaseSegment(path), i + 1, i + 1);
  }
  return folder;
}

test('a file belongs to the process that appends to it, until that lets go of it', () => {
  const folder = fill('owner', []);
  const { path, segment } = createSegment(folder, format);
  assert.deepEqual(
    listSegments(folder).map(file => file.isTaken),
    [true],
  );
  segment.close();
  const free = releaseSegment(path);
  assert.deepEqual(
    listSegments(folder).map(file => [file.path, file.isTaken]),
    [[free, false]],
  );
  const again = openToAppend(free, format);
  assert.ok(again !== undefined && again.path !== free);
  assert.equal(openToAppend(free, format), undefined);
  again.segment.close();
});

test('a file of a process that has died is free, one of another machine is not', () => {
  const folder = fill('died', [1]);
  const [file] = listSegments(folder);
  const { path, segment } = createSegment(folder, format);
  segment.close();
  const [, host] = /\.rows\.(\w+)-\d+-\d+$/.exec(path) ?? [];
  const { pid } = spawnSync(process.execPath, ['--version']);
  const free = file?.path ?? '';
  renameSync(free, `${free}.${host}-${pid}-1`);
  writeFileSync(`${path.slice(0, path.lastIndexOf('.'))}.ffffffff-${process.pid}-1`, '');
  assert.deepEqual(
    listSegments(folder)
      .map(each => each.isTaken)
      .sort(),
    [false, true, true],
  );
  const taken = openToAppend(`${free}.${host}-${pid}-1`, format);
  assert.match(taken?.path ?? '', new RegExp(`-${process.pid}-\\d+$`));
  taken?.segment.close();
});

test('of another format, a file is left to others', () => {
  const folder = fill('format', [1]);
  const [file] = listSegments(folder);
  assert.equal(openToAppend(file?.path ?? '', formatOf(new Float32Array(3))), undefined);
  assert.deepEqual(
    listSegments(folder).map(each => each.path),
    [file?.path],
  );
});

const headers: readonly [what: string, damage: (bytes: Buffer) => Buffer, isOurs: boolean][] = [
  ['whose size of rows was changed', bytes => bytes.fill(0xff, 8, 12), true],
  ['whose first bytes were changed', bytes => bytes.fill(0, 0, 4), true],
  ['that ends in its header', bytes => bytes.subarray(0, 30), true],
  ['of which nothing was written', () => Buffer.alloc(0), true],
  ['that begins with zeros', bytes => bytes.fill(0, 0, 64), false],
  ['that holds something else', () => Buffer.from('mine'.repeat(500)), false],
];
for (const [i, [what, damage, isOurs]] of headers.entries()) {
  test(`a file ${what} ${isOurs ? 'is ours, and goes' : 'may be anything, and stays'}`, () => {
    const [file] = listSegments(fill(`damaged-${i}`, [3]));
    assert.ok(file);
    assert.equal(removeDamaged({ ...file, isTaken: true }), false);
    writeFileSync(file.path, damage(readFileSync(file.path)));
    assert.equal(openToAppend(file.path, format), undefined);
    assert.equal(removeDamaged(file), isOurs);
    assert.equal(existsSync(file.path), !isOurs);
  });
}

test('the oldest files go until the store is nine tenths full; what is needed or appended to stays', () => {
  const folder = fill('evict', [10, 10, 10, 10]);
  const [oldest, second, third] = listSegments(folder).map(file => file.path);
  const { segment } = createSegment(folder, format);
  segment.close();
  assert.deepEqual(evictSegments(join(root, 'evict'), 50_000), []);
  assert.deepEqual(
    evictSegments(join(root, 'evict'), 25_000, path => path === oldest),
    [second, third],
  );
  assert.deepEqual(evictSegments(join(root, 'nothing'), 0), []);
});

test('files that the store does not know, and their folders, are left alone; empty folders go', () => {
  const folder = fill('foreign', [5]);
  const alike = `${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}.rows`;
  for (const name of ['notes.txt', 'harvest.rows', alike]) {
    writeFileSync(join(folder, name), 'mine'.repeat(500));
    utimesSync(join(folder, name), 1, 1);
  }
  assert.equal(openToAppend(join(folder, alike), format), undefined);
  mkdirSync(join(root, 'foreign', 'empty'));
  // They do not count, either: 5 rows are 5244 bytes.
  assert.deepEqual(evictSegments(join(root, 'foreign'), 5500), []);
  evictSegments(join(root, 'foreign'), 10);
  assert.deepEqual(readdirSync(folder).sort(), [alike, 'harvest.rows', 'notes.txt']);
  assert.equal(readFileSync(join(folder, alike), 'utf8'), 'mine'.repeat(500));
  assert.equal(existsSync(join(root, 'foreign', 'empty')), false);
  assert.equal(basename(folder), 'base');
});
