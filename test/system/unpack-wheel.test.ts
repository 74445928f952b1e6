// Files out of wheels.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readWheelText, unpackWheel } from '../../src/system/unpack-wheel.js';
import { zip } from '../formats/make-files.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'finetune-setup-'));

function writeWheel(files: Readonly<Record<string, string>>): string {
  const path = join(folder(), 'some-1.0-py3-none-any.whl');
  const entries = Object.entries(files).map(([name, text]) => ({
    name,
    data: Buffer.from(text),
    deflate: false,
  }));
  writeFileSync(path, zip(entries));
  return path;
}

test('of a wheel only what is used is unpacked', async () => {
  const [wheel, target] = [writeWheel({ 'pkg/lib/libx.so.2': 'library', 'pkg/x.py': 'python' }), folder()];
  assert.deepEqual(
    await unpackWheel(wheel, { directory: target }, name => (name.endsWith('.so.2') ? name : undefined)),
    ['pkg/lib/libx.so.2'],
  );
  assert.deepEqual(readdirSync(join(target, 'pkg')), ['lib']);
  assert.equal(readFileSync(join(target, 'pkg/lib/libx.so.2'), 'utf8'), 'library');
});

test('a wheel with a name that climbs out of the folder is refused', async () => {
  const wheel = writeWheel({ '../escape.so': 'library' });
  await assert.rejects(
    unpackWheel(wheel, { directory: folder() }, name => name),
    /invalid relative path/,
  );
});

test('a wheel with a name that holds a zero byte, and data that is cut, is refused and stops nothing else', async () => {
  const path = join(folder(), 'other.whl');
  const wheel = zip([{ name: 'pkg/\0.so', data: Buffer.alloc(500, 'library'), deflate: true }]);
  // The compressed bytes, in both of the places that tell of them.
  for (const at of [18, wheel.indexOf('PK\x01\x02') + 20]) wheel.writeUInt32LE(5, at);
  writeFileSync(path, wheel);
  await assert.rejects(
    unpackWheel(path, { directory: folder() }, name => name),
    /whose name is none/,
  );
});

test('the metadata of a wheel is found by its name', async () => {
  const wheel = writeWheel({ 'pkg/METADATA': 'no', 'some-1.0.dist-info/METADATA': 'Requires-Dist: other' });
  assert.equal(await readWheelText(wheel, /^[^/]+\.dist-info\/METADATA$/), 'Requires-Dist: other');
});
