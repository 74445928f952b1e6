import assert from 'node:assert/strict';
import test from 'node:test';
import { renderTime } from '../../src/report/time.js';

const seconds = { total: 56.23 };

test('a run with a budget says what it used, planned and reached, and what it had no time for', () => {
  const time = {
    ...{ seconds: 60, planned: { views: 1, epochs: 4 }, reached: { epochs: 3 } },
    leftOut: ['mirrored views', 'trials of int8'],
  };
  assert.equal(
    renderTime({ time, seconds }),
    'It took 56.2 s, and was given 60 s. Planned: 1 view, 4 epochs; reached: 3 epochs. ' +
      'No time for: mirrored views, trials of int8.',
  );
});

test('what took no planning and left nothing out is not spoken of', () => {
  const time = { seconds: 300, planned: {}, reached: {}, leftOut: [] };
  assert.equal(renderTime({ time, seconds }), 'It took 56.2 s, and was given 5 min.');
  assert.equal(renderTime({ time: undefined, seconds }), '');
});
