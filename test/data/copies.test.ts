// What a training says of copies of one photo.
import assert from 'node:assert/strict';
import test from 'node:test';
import { describeCopies } from '../../src/data/copies.js';

const examples = ['cat/a', 'cat/b', 'dog/c', 'dog/d'].map((path, i) => {
  return { path, file: path, label: i < 2 ? 0 : 1, hash: path };
});
const [a, b, c, d] = examples;
assert.ok(a && b && c && d);
const classNames = ['cat', 'dog'];
const together = { train: [a, b, c], val: [d], test: [] };

test('copies of one class in one subset are nothing to speak of, nor are files of the same bytes', () => {
  assert.deepEqual(describeCopies({ classNames, examples, copies: [[0, 1]], split: together }), []);
  const same = examples.map(example => ({ ...example, hash: 'same' }));
  assert.deepEqual(describeCopies({ classNames, examples: same, copies: [[0, 3]], split: together }), []);
});

test('copies in two classes contradict each other', () => {
  const [warning = '', ...others] = describeCopies({
    classNames,
    examples,
    copies: [[1, 2]],
    split: together,
  });
  assert.match(
    warning,
    /in several classes: 1, e\.g\. cat\/b \(cat\) and dog\/c \(dog\)\. .*finetune inspect/,
  );
  assert.deepEqual(others, []);
});

test('copies that folders hold out make the accuracy look better than it is', () => {
  const [warning = '', ...others] = describeCopies({
    classNames,
    examples,
    copies: [[2, 3]],
    split: together,
  });
  assert.match(warning, /copies of training images: 1, e\.g\. dog\/d of dog\/c\. .*overestimated/);
  assert.deepEqual(others, []);
  const heldOut = { train: [a, b], val: [c], test: [d] };
  assert.deepEqual(describeCopies({ classNames, examples, copies: [[2, 3]], split: heldOut }), []);
});
