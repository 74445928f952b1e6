// Threads that run the base: they finish before anything else goes on, and nothing ever aborts the process.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { checkout } from '../helpers/finetune.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-pool-'));
after(() => rmSync(folder, { recursive: true }));

/** @param moment after so many results, or, where it is negative, after so many milliseconds */
function disturb(what: 'exit' | 'throw' | 'abort' | 'fail', moment: number) {
  const program = join(import.meta.dirname, 'pool-process.js');
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [program, join(folder, 'digits'), what, String(moment)],
    { cwd: checkout, encoding: 'utf8', env: { ...process.env, TMPDIR: temporary }, timeout: 60_000 },
  );
  const left = readdirSync(temporary).filter(name => name.startsWith('finetune-'));
  return { status, signal, stderr, left, told: stdout === '' ? undefined : JSON.parse(stdout) };
}

for (const moment of [1, 9, 60, 199, -5, -200, -400]) {
  const when = moment < 0 ? `${-moment} ms after the start` : `after ${moment} results`;
  test(`process.exit() ends a process whose threads are at work, with its own exit code: ${when}`, () => {
    const { status, signal, stderr } = disturb('exit', moment);
    assert.deepEqual({ status, signal, stderr }, { status: 7, signal: null, stderr: '' });
  });
}

for (const moment of [0, 1, 50, 199]) {
  test(`a signal that is aborted ends the work and its threads: after ${moment} results`, () => {
    const { status, stderr, told, left } = disturb('abort', moment);
    assert.deepEqual({ status, stderr, left }, { status: 0, stderr: '', left: [] });
    assert.equal(told.message, 'enough');
    assert.equal(told.same, true);
    assert.ok(told.count < 200, JSON.stringify(told));
  });
}

test('what is thrown between two results is thrown when the threads have finished', () => {
  const { status, stderr, told, left } = disturb('throw', 10);
  assert.deepEqual(
    { status, stderr, left, same: told.same },
    { status: 0, stderr: '', left: [], same: true },
  );
});

test('a thread that cannot open the base says so, with the code of the error', () => {
  const { status, stderr, told, left } = disturb('fail', 1);
  assert.deepEqual(
    { status, stderr, left, count: told.count },
    { status: 0, stderr: '', left: [], count: 0 },
  );
  assert.equal(told.code, 'bad-model');
  assert.match(told.message, /cannot be run/);
});
