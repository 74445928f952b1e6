// Work that is begun before its result is needed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { prefetch } from '../../src/system/prefetch.js';

test('results come in order, and no more are under way than was said', async () => {
  let underWay = 0;
  let most = 0;
  const work = async (milliseconds: number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(resolve => setTimeout(resolve, milliseconds));
    underWay -= 1;
    return milliseconds;
  };
  const results: number[] = [];
  for await (const result of prefetch([9, 1, 5, 2, 7], work, { count: 2 })) results.push(result);
  assert.deepEqual(results, [9, 1, 5, 2, 7]);
  assert.equal(most, 3);
});

test('a failure is thrown when its turn comes, and not before', async () => {
  const results = prefetch(
    [1, 2],
    each => (each === 2 ? Promise.reject(new Error('two')) : Promise.resolve(each)),
    {
      count: 4,
    },
  );
  assert.deepEqual(await results.next(), { value: 1, done: false });
  await assert.rejects(results.next(), /two/);
});

test('nothing is begun or given after the signal is aborted', async () => {
  const stop = new AbortController();
  const begun: number[] = [];
  const work = async (each: number) => {
    begun.push(each);
    return each;
  };
  const results = prefetch([1, 2, 3, 4], work, { count: 1, signal: stop.signal });
  await results.next();
  stop.abort(new Error('enough'));
  await assert.rejects(results.next(), /enough/);
  assert.deepEqual(begun, [1, 2]);
});
