// Whether a device computes what the CPU computes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareOutputs, validateAgreement } from '../../src/inference/agreement.js';

const expected = Float32Array.of(1, 0, 0, 2);

describe('Outputs for two images', () => {
  for (const [title, found] of [
    ['that are the same are taken', [1, 0, 0, 2]],
    ['that differ in the third digit are taken', [1, 0.01, 0.01, 2]],
  ] as const) {
    test(title, () => validateAgreement(compareOutputs(Float32Array.from(found), expected, 2)));
  }

  for (const [title, found, message] of [
    [
      'of which one points elsewhere are refused',
      [1, 0, 2, 0],
      /^Error: .*: cosine 0\.0000, at a distance of 141\.4 %/,
    ],
    [
      'that are twice as long are refused',
      [2, 0, 0, 4],
      /cosine 1\.0000, at a distance of 100\.0 % .*; expected 0\.9995/,
    ],
    ['that are no numbers are refused', [1, Number.NaN, 0, 2], /cosine NaN/],
    ['that are nothing but zeros are refused', [0, 0, 0, 0], /cosine 0\.0000/],
  ] as const) {
    test(title, () => {
      assert.throws(() => validateAgreement(compareOutputs(Float32Array.from(found), expected, 2)), message);
    });
  }
});
