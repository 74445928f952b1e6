// Where processor time goes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { addTimes, listThreads, readThreads, ThreadClock } from '../../src/system/processor-time.js';

const onLinux = { skip: process.platform !== 'linux' && 'only Linux has a clock per thread' };

/** Keeps this thread at work. */
function work(milliseconds: number): void {
  const end = process.cpuUsage().user + milliseconds * 1000;
  while (process.cpuUsage().user < end) Math.sqrt(end);
}

test(
  "a thread's clock counts what the thread does since the last mark, and no waiting",
  onLinux,
  async () => {
    const clock = new ThreadClock();
    work(80);
    clock.mark('work');
    await new Promise(resolve => setTimeout(resolve, 200));
    clock.mark('wait');
    work(40);
    clock.mark('work');
    const { work: worked = 0, wait = 1 } = clock.take();
    assert.ok(worked > 0.08 && worked < 1, String(worked));
    assert.ok(wait < 0.1, String(wait));
    assert.deepEqual(clock.take(), {});
  },
);

test('another thread has a clock of its own', onLinux, async () => {
  const before = new Set(listThreads());
  const code = `
    const end = performance.now() + 300;
    while (performance.now() < end) Math.sqrt(end);
    require('node:worker_threads').parentPort.postMessage('');
    setTimeout(() => undefined, 2000);`;
  const clock = new ThreadClock();
  const worker = new Worker(code, { eval: true });
  await new Promise(resolve => worker.once('message', resolve));
  clock.mark('here');
  const added = listThreads().filter(thread => !before.has(thread));
  assert.ok(readThreads(added) > 0.05);
  assert.ok((clock.take().here ?? 1) < 0.3);
  await worker.terminate();
});

test('threads that are not there have not worked', () => {
  assert.equal(readThreads(['0']), 0);
});

test('times are added up by step', () => {
  const sum = { base: 1 };
  addTimes(sum, { base: 2, store: 3 });
  assert.deepEqual(sum, { base: 3, store: 3 });
});
