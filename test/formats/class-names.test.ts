import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readClassNames, readLabelsBeside } from '../../src/formats/class-names.js';

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'labels.txt');
  writeFileSync(path, text);
  return path;
}

const files = [
  ['a name per line', 'daisy\nrose\n', ['daisy', 'rose']],
  ["Teachable Machine's numbers", '0 daisy\r\n1 common rose\r\n', ['daisy', 'common rose']],
  ['names that begin with numbers', '7 up\n0 daisy\n', ['7 up', '0 daisy']],
  ['a byte order mark and empty lines', '\uFEFFdaisy\n\nrose\n\n', ['daisy', 'rose']],
  ['a JSON list', '["daisy", "rose"]', ['daisy', 'rose']],
  ["Keras' class_indices in JSON", '{"rose": 1, "daisy": 0}', ['daisy', 'rose']],
] as const;
for (const [title, text, expected] of files) {
  test(`class names from a file with ${title}`, async () => {
    assert.deepEqual(await readClassNames(fileOf(text)), expected);
  });
}

test('class names from a list', async () => {
  assert.deepEqual(await readClassNames('daisy, rose ,tulip'), ['daisy', 'rose', 'tulip']);
});

for (const [title, list, message] of [
  ['an empty name', 'daisy,,rose', /a name is empty/],
  ['a name twice', 'daisy,rose,daisy', /"daisy" occurs twice/],
] as const) {
  test(`refused: ${title}`, async () => {
    await assert.rejects(readClassNames(list), { code: 'bad-option', message });
  });
}

test('labels.txt lies beside a file, or in a folder', async () => {
  const path = fileOf('0 a\n1 b');
  assert.deepEqual(await readLabelsBeside(join(path, '../model.h5'), false), ['a', 'b']);
  assert.deepEqual(await readLabelsBeside(join(path, '..'), true), ['a', 'b']);
  assert.equal(await readLabelsBeside(join(path, '../../nowhere.h5'), false), undefined);
});

test('class names from a file of UTF-16, as editors on Windows write it', async () => {
  const path = fileOf('');
  writeFileSync(path, Buffer.from('\uFEFFdaisy\r\nroße\r\n', 'utf16le'));
  assert.deepEqual(await readClassNames(path), ['daisy', 'roße']);
});
