import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePredictions } from '../../src/backbones/decode-predictions.js';

test('the best classes of each image, best first, as Keras names them', () => {
  const scores = new Float32Array(2000);
  scores.set([0.5, 0.25], 236);
  scores[1000 + 999] = 1;
  assert.deepEqual(decodePredictions(scores, 2)[0], [
    ['n02107142', 'Doberman', 0.5],
    ['n02107312', 'miniature_pinscher', 0.25],
  ]);
  assert.deepEqual(decodePredictions(scores, 1)[1], [['n15075141', 'toilet_tissue', 1]]);
  assert.equal(decodePredictions(scores)[0]!.length, 5);
});

test('scores of other classes are refused', () => {
  for (const length of [0, 5, 1001]) {
    assert.throws(
      () => decodePredictions(new Float32Array(length)),
      /expects 1000 ImageNet scores per image/,
    );
  }
});
