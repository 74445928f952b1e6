// Other programs, and what is said of them when they fail.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findProgram, runProgram } from '../../src/system/run-program.js';

test('a program that fails is reported with the end of what it wrote', async () => {
  const program = 'console.error("first\\nthe reason"); process.exit(3)';
  await assert.rejects(runProgram(process.execPath, ['-e', program], { timeoutSeconds: 60 }), {
    message: `${process.execPath} failed: first\nthe reason`,
  });
});

test('a signal ends a program, and is heard of once it has ended', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const running = runProgram(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    timeoutSeconds: 60,
    signal: stop.signal,
  });
  await assert.rejects(running, { name: 'AbortError' });
});

test('the first program that answers is taken, and none when none does', async () => {
  assert.deepEqual(await findProgram([['no-such-program'], [process.execPath]]), [process.execPath]);
  assert.equal(await findProgram([['no-such-program']]), undefined);
});
