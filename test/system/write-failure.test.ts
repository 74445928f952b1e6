// Why something could not be written.
import assert from 'node:assert/strict';
import test from 'node:test';
import { codeOf, describeWriteFailure } from '../../src/system/write-failure.js';

for (const [code, reason] of [
  ['ENOSPC', 'the disk is full'],
  ['EFBIG', 'a file may not become larger'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'no permission to write there'],
] as const) {
  test(`${code}: ${reason}`, () => {
    const error = Object.assign(new Error('write failed'), { code });
    assert.deepEqual([codeOf(error), describeWriteFailure(error)], [code, reason]);
  });
}

test('what is not known keeps its own words', () => {
  assert.equal(describeWriteFailure(new Error('the moon is full')), 'the moon is full');
  assert.equal(describeWriteFailure('gone'), 'gone');
  assert.equal(codeOf('gone'), undefined);
});
