// The count of threads at work, which the end of the work and of the process wait for.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  beginWork,
  endWork,
  isToStop,
  type SharedState,
  shareState,
  tellToStop,
  waitUntilIdle,
  whenIdle,
} from '../../src/system/thread-guard.js';

/** A thread that ends its work after a while. */
function endLater(state: SharedState, milliseconds: number): Worker {
  const code = `
    const { workerData: { state, milliseconds } } = require('node:worker_threads');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    Atomics.sub(state, 1, 1);
    Atomics.notify(state, 1);`;
  return new Worker(code, { eval: true, workerData: { state, milliseconds } });
}

test('work begins until the threads are told to stop', () => {
  const state = shareState(0);
  assert.deepEqual([beginWork(state), isToStop(state)], [true, false]);
  tellToStop(state);
  assert.deepEqual([beginWork(state), isToStop(state)], [false, true]);
  endWork(state);
  waitUntilIdle(state);
});

test('a thread that starts counts as at work, and is waited for while nothing else goes on', async () => {
  const state = shareState(1);
  const worker = endLater(state, 200);
  await new Promise(resolve => worker.once('online', resolve));
  const started = performance.now();
  waitUntilIdle(state);
  assert.ok(performance.now() - started < 4000);
  assert.equal(Atomics.load(state, 1), 0);
});

test('work is waited for while other things go on', async () => {
  const state = shareState(1);
  endLater(state, 100);
  await whenIdle(state, () => false);
  assert.equal(Atomics.load(state, 1), 0);
});

test('a thread that has died in the middle of its work is not waited for for ever', {
  timeout: 20_000,
}, async () => {
  await whenIdle(shareState(1), () => true);
  waitUntilIdle(shareState(1));
});
