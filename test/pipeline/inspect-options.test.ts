// What inspect can be told: little is needed, and a list or a page is asked for.
import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../src/options.js';
import { inspectOptions } from '../../src/pipeline/inspect-options.js';

test('a folder is enough: nothing is written or replaced, and the split is that of train', () => {
  const { data, force, seed, ...others } = resolveOptions(inspectOptions, { data: 'pets' });
  assert.deepEqual({ data, force, seed }, { data: 'pets', force: false, seed: 1 });
  assert.deepEqual([...new Set(Object.values(others))], [undefined]);
});

const mistakes: [given: Readonly<Record<string, unknown>>, message: RegExp][] = [
  [{}, /No data folder given/],
  [{ data: 'pets', val: 0.95 }, /--val expects a number from 0 to 0\.9/],
  [{ data: 'pets', seed: -1 }, /--seed expects/],
  [{ data: 'pets', writelist: 'list.txt' }, /Unknown option "writelist"\. Did you mean writeList\?/],
];

for (const [given, message] of mistakes) {
  test(`${JSON.stringify(given)} is refused`, () => {
    assert.throws(() => resolveOptions(inspectOptions, given), { code: 'bad-option', message });
  });
}
