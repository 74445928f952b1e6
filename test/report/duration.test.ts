import assert from 'node:assert/strict';
import test from 'node:test';
import { renderDuration } from '../../src/report/duration.js';

for (const [seconds, text] of [
  [0.2, '1 s'],
  [99, '99 s'],
  [100, '2 min'],
  [720, '12 min'],
  [12_600, '3.5 h'],
] as const) {
  test(`${seconds} seconds are ${text}`, () => {
    assert.equal(renderDuration(seconds), text);
  });
}
