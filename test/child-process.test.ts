// Work in a process of its own, whatever becomes of that process.
import assert from 'node:assert/strict';
import test from 'node:test';
import { askChild } from '../src/child-process.js';

const ask = (question: string) => askChild(import.meta.url, './helpers/answering-process', question);

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
