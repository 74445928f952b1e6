// Work in a process of its own, whatever becomes of that process.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { askChild, startChild } from '../../src/system/child-process.js';

const program = '../helpers/answering-process';
const ask = (question: string) => askChild(import.meta.url, program, question);

test('a process answers the question that it is asked', async () => {
  assert.deepEqual(await ask('name'), { asked: 'name' });
});

test('a process answers one question after the other, in numbers too, whatever it failed of before', async () => {
  const child = startChild(import.meta.url, program);
  assert.deepEqual(await child.ask('name'), { asked: 'name' });
  await assert.rejects(child.ask('fail'), /^Error: no answer to that$/);
  const numbers = Float32Array.of(1, Number.NaN);
  assert.deepEqual(await child.ask(numbers), { asked: numbers });
  await child.end();
});

test('a process keeps the one that asks it from ending only so long as it is asked', async () => {
  const before = process.getActiveResourcesInfo().sort();
  const child = startChild(import.meta.url, program);
  const asked = child.ask('name', 60);
  assert.notDeepEqual(process.getActiveResourcesInfo().sort(), before);
  await asked;
  assert.deepEqual(process.getActiveResourcesInfo().sort(), before);
  await child.end();
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
  const asked = askChild(import.meta.url, program, 'wait', { signal: stop.signal });
  setImmediate(() => stop.abort());
  await assert.rejects(asked, { name: 'AbortError' });
});

test('a process that does not answer in time is not waited for', async () => {
  const asked = askChild(import.meta.url, program, 'wait', { seconds: 0.1 });
  await assert.rejects(asked, /^Error: there was no answer within 0\.1 s$/);
});

test('a process that hangs is given up, and whatever it is asked then fails likewise', async () => {
  const child = startChild(import.meta.url, program);
  await child.ask('name');
  for (const [question, seconds] of [
    ['hang', 0.1],
    ['name', undefined],
  ] as const)
    await assert.rejects(child.ask(question, seconds), /^Error: there was no answer within 0\.1 s$/);
  await child.end();
});

test('a process whose parent has gone does not work on, whenever it goes', async () => {
  for (const isAtWork of [false, true]) {
    const child = fork(new URL(`${program}.js`, import.meta.url), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    await once(child, 'spawn');
    child.send('wait');
    if (isAtWork && child.stderr !== null) await once(child.stderr, 'data');
    child.disconnect();
    assert.deepEqual(await once(child, 'exit'), [1, null]);
  }
});
