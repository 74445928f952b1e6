import assert from 'node:assert/strict';
import test from 'node:test';
import { classProbabilities } from '../../src/backbones/class-scores.js';

test('one output of a sigmoid is the probability of the second of two classes', () => {
  assert.deepEqual([...classProbabilities(Float32Array.of(0.25), ['cat', 'dog'])], [0.75, 0.25]);
});

test('numbers that are no probabilities are not passed off as some', () => {
  const names = ['a', 'b', 'c'];
  assert.deepEqual([...classProbabilities(Float32Array.of(1, 0, 0), names)], [1, 0, 0]);
  for (const logits of [
    [0.5, -0.25, 0.75],
    [0.5, 3, 0.75],
  ])
    assert.throws(() => classProbabilities(Float32Array.from(logits), names), {
      code: 'bad-model',
      message: /gives (-0\.25|3) for a class, which is no probability/,
    });
});
