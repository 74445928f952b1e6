// What is unusual about photos as pictures.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { PhotoTraits } from '../../src/data/photo-traits.js';
import { findUnusualTraits } from '../../src/features/unusual-photos.js';

const usual: PhotoTraits = {
  size: [240, 320],
  picture: new Uint8Array(),
  ...{ brightness: 110, contrast: 50, highlight: 220, sharpness: 2 },
};

const cases: Readonly<Record<string, Partial<PhotoTraits>>> = {
  dark: { highlight: 40 },
  blurred: { sharpness: 0.2 },
  flat: { contrast: 1, highlight: 30, sharpness: 0.1 },
  tiny: { size: [12, 300] },
  'narrow-range': { narrowRange: [0, 4095] },
};

for (const [kind, traits] of Object.entries(cases)) {
  test(`a photo that is ${kind} is told, as nothing else`, () => {
    const [found = [], ...others] = findUnusualTraits([{ ...usual, ...traits }, usual, usual]);
    assert.deepEqual(
      found.map(each => each.kind),
      [kind],
    );
    assert.deepEqual(others, [[], []]);
  });
}

test('where all images are small, none is tiny', () => {
  assert.deepEqual(findUnusualTraits(Array(3).fill({ ...usual, size: [16, 16] })), [[], [], []]);
});
