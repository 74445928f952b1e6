import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../../src/options.js';
import { trainOptions } from '../../../src/pipeline/train/options.js';

test('a folder is enough to train on: what else is settled beforehand replaces nothing, and is the same every time', () => {
  const settled = Object.entries(resolveOptions(trainOptions, { data: 'pets' }));
  const given = settled.filter(([, value]) => value !== undefined);
  assert.deepEqual(Object.fromEntries(given), {
    ...{ data: 'pets', force: false, resume: false, verify: false, seed: 1, hidden: [] },
    ...{ pooling: 'avg', precision: 'auto', device: 'auto', engine: 'auto' },
  });
});
