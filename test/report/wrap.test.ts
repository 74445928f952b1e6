import assert from 'node:assert/strict';
import test from 'node:test';
import { wrap } from '../../src/report/wrap.js';

test('a line that fits stays as it is', () => {
  assert.equal(wrap('a  line\nand another\n'), 'a  line\nand another\n');
});

test('a longer line is broken between words, and none is longer than 80 columns', () => {
  const wrapped = wrap(`${'word '.repeat(40)}end`);
  assert.ok(wrapped.split('\n').every(line => line.length <= 80));
  assert.equal(wrapped.replaceAll('\n', ' '), `${'word '.repeat(40)}end`);
});

test('a word that is too long stays in one piece: a path can be copied', () => {
  const path = `/${'folder/'.repeat(20)}photo.jpg`;
  assert.deepEqual(wrap(`No file ${path} here`).split('\n'), ['No file', path, 'here']);
});
