// Where the processors' time went, as --profile shows it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderProfile } from '../../src/report/profile.js';

const profile = { start: 1.5, decode: 0.64, base: 3, head: 0.25 };

test('each step has its seconds, those of images also milliseconds per image, and the sum comes last', () => {
  assert.deepEqual(renderProfile(profile, 100).split('\n'), [
    'step    processor seconds  ms per image',
    'start                1.50',
    'decode               0.64          6.40',
    'base                 3.00         30.00',
    'head                 0.25',
    'sum                  5.39',
  ]);
});

test('where no image went through the base there is nothing per image', () => {
  assert.doesNotMatch(renderProfile(profile, 0), /decode +\S+ +\S/);
});
