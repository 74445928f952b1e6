// One file of the feature store.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { crc32 } from 'node:zlib';
import { formatOf, isSameFormat, Segment, writeFloats } from '../../src/features/store-segment.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-segment-'));
after(() => rmSync(folder, { recursive: true }));

const key = (letter: string) => letter.repeat(32);
const bytes = { data: Uint8Array.of(3, 5, 255), scale: 0.5, zeroPoint: 3 };

test('rows are read back as floats, by number and key', () => {
  const path = join(folder, 'floats');
  const written = Segment.create(path, formatOf(new Float32Array(3)));
  assert.deepEqual(
    [written.append(key('a'), Float32Array.of(1, 2, 3)), written.append(key('b'), Float32Array.of(4, 5, 6))],
    [0, 1],
  );
  written.close();
  const segment = Segment.open(path, 'r');
  assert.ok(segment !== undefined);
  assert.deepEqual([...segment.keys()], [key('a'), key('b')]);
  const row = new Float32Array(3);
  assert.equal(segment.read(1, key('b'), row), true);
  assert.deepEqual(row, Float32Array.of(4, 5, 6));
  assert.deepEqual([segment.read(1, key('a'), row), segment.read(2, key('b'), row)], [false, false]);
  segment.close();
});

test('bytes are stored as bytes, with what they stand for', () => {
  const path = join(folder, 'bytes');
  const written = Segment.create(path, formatOf(bytes));
  written.append(key('a'), bytes.data);
  written.close();
  const segment = Segment.open(path, 'r');
  const row = new Float32Array(3);
  assert.equal(segment?.read(0, key('a'), row), true);
  assert.deepEqual(row, Float32Array.of(0, 1, 126));
  assert.equal(segment?.rowBytes, 32 + 4 + 4);
  segment?.close();
  const floats = new Float32Array(3);
  writeFloats(bytes, floats);
  assert.deepEqual(floats, row);
});

test('rows of another size, kind or scale do not lie in one file', () => {
  const formats = [
    new Float32Array(3),
    new Float32Array(4),
    bytes,
    { ...bytes, scale: 0.25 },
    { ...bytes, zeroPoint: 4 },
  ];
  for (const [i, one] of formats.entries()) {
    for (const [j, other] of formats.entries()) {
      assert.equal(isSameFormat(formatOf(one), formatOf(other)), i === j);
    }
  }
});

test('half a row at the end is none, and gives way to the next one', () => {
  const path = join(folder, 'torn');
  const written = Segment.create(path, formatOf(new Float32Array(2)));
  written.append(key('a'), Float32Array.of(1, 2));
  written.close();
  appendFileSync(path, 'half');
  const segment = Segment.open(path, 'r+');
  assert.deepEqual([...(segment?.keys() ?? [])], [key('a')]);
  segment?.dropTornRow();
  assert.equal(statSync(path).size, segment?.bytes);
  assert.equal(segment?.append(key('b'), Float32Array.of(3, 4)), 1);
  const row = new Float32Array(2);
  assert.equal(segment?.read(1, key('b'), row), true);
  segment?.close();
});

test('a file of another kind is no file of rows', () => {
  for (const [name, content] of [
    ['empty', ''],
    ['short', 'FTF2'],
    ['text', 'x'.repeat(1000)],
  ] as const) {
    writeFileSync(join(folder, name), content);
    assert.equal(Segment.open(join(folder, name), 'r'), undefined);
  }
});

test('a header whose checksum is right but that promises rows of gigabytes is no header', () => {
  const path = join(folder, 'immense');
  Segment.create(path, formatOf(new Float32Array(3))).close();
  const header = readFileSync(path);
  header.writeUInt32LE(0xffff0000, 8);
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
  writeFileSync(path, header);
  assert.equal(Segment.open(path, 'r'), undefined);
});
