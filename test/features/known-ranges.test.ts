// Images of 16 bits that use a small part of their range are known when their features come from the store, too.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { KnownRanges } from '../../src/features/known-ranges.js';

const [a, b] = ['aa', 'bb'].map(hash => ({ path: `${hash}.png`, file: hash, label: 0, hash }));

test('what was found once is known the next time, by the contents of the image', context => {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-ranges-'));
  context.after(() => rmSync(dir, { recursive: true }));
  assert.ok(a && b);
  const first = new KnownRanges(dir);
  first.add(a, [10, 4095]);
  first.close();
  const again = new KnownRanges(dir);
  assert.deepEqual([...again.of([b, { ...a, path: 'moved.png' }])], [['moved.png', [10, 4095]]]);
  again.close();
});

test('where nothing can be kept, it is known until it is closed', context => {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-ranges-'));
  context.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'a-file'), '');
  assert.ok(a);
  const ranges = new KnownRanges(join(dir, 'a-file'));
  ranges.add(a, [0, 255]);
  assert.deepEqual([...ranges.of([a])], [['aa.png', [0, 255]]]);
  ranges.close();
});
