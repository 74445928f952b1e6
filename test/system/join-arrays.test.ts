import assert from 'node:assert/strict';
import test from 'node:test';
import { joinArrays } from '../../src/system/join-arrays.js';

test('arrays of any length come one after the other', () => {
  const parts = [[1, 2], [], [3]].map(part => Float32Array.from(part));
  assert.deepEqual(joinArrays(parts), Float32Array.of(1, 2, 3));
  assert.equal(joinArrays([]).length, 0);
});
