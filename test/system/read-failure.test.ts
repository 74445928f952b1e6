// Why a file cannot be read.
import assert from 'node:assert/strict';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { describeReadFailure, measureFile } from '../../src/system/read-failure.js';

test('a file has a size, and everything else a reason', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
  const file = join(dir, 'file');
  writeFileSync(file, '12345');
  const loop = join(dir, 'loop');
  symlinkSync('loop', loop);
  const paths = [file, dir, join(dir, 'none'), join(file, 'inside'), loop];
  const reasons = ['is a folder, not a file', 'is missing', 'is missing', 'is a link that leads to itself'];
  assert.deepEqual(await Promise.all(paths.map(measureFile)), [5, ...reasons]);
});

test('a lack of permission is called that, and what is not known keeps its own message', () => {
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  assert.equal(describeReadFailure(denied), 'cannot be read: no permission');
  assert.equal(describeReadFailure(new Error('rust')), 'cannot be read: rust');
});
