// Work in a process of its own, whatever becomes of that process.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { askChild } from '../../src/system/child-process.js';

const ask = (question: string) => askChild(import.meta.url, '../helpers/answering-process', question);

test('a process answers the question that it is asked', async () => {
  assert.deepEqual(await ask('name'), { asked: 'name' });
});

test('what goes wrong in the process is the reason of the error here', async () => {
  await assert.rejects(ask('fail'), /^Error: no answer to that$/);
});

test('of a process that crashes, the error tells what it wrote last, or how it ended', async () => {
  await assert.rejects(ask('crash'), /^Error: out of luck$/);
  await assert.rejects(ask('die'), /^Error: the process ended with SIGKILL$/);
});

test('a process is ended by a signal, whatever it is at', async () => {
  const stop = new AbortController();
  const asked = askChild(import.meta.url, '../helpers/answering-process', 'wait', { signal: stop.signal });
  setImmediate(() => stop.abort());
  await assert.rejects(asked, { name: 'AbortError' });
});

test('a process that does not answer in time is not waited for', async () => {
  const asked = askChild(import.meta.url, '../helpers/answering-process', 'wait', { seconds: 0.1 });
  await assert.rejects(asked, /^Error: there was no answer within 0\.1 s$/);
});

test('a process whose parent has gone does not work on, whenever it goes', async () => {
  for (const moment of ['spawn', 'message']) {
    const child = fork(new URL('../helpers/answering-process.js', import.meta.url), ['"wait"']);
    await once(child, moment);
    child.disconnect();
    assert.deepEqual(await once(child, 'exit'), [1, null]);
  }
});
