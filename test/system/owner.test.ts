// Whose a file is, and whether that process is still at work.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { isAtWork, ownerName } from '../../src/system/owner.js';

const [host, pid, start] = ownerName().split('-');

test('this process is at work', () => {
  assert.equal(Number(pid), process.pid);
  assert.equal(isAtWork(ownerName()), true);
});

test('a process that has ended is not', () => {
  const ended = spawnSync(process.execPath, ['--version']).pid;
  assert.equal(isAtWork(`${host}-${ended}-${start}`), false);
});

test('another process that has got the same number is not the same', {
  skip: process.platform !== 'linux',
}, () => {
  assert.equal(isAtWork(`${host}-${pid}-1`), false);
});

test('processes of other machines cannot be seen, and count as at work', () => {
  assert.equal(isAtWork(`00000000-${pid}-${start}`), true);
});
