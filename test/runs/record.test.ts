// How a run is found and read back.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { loadRecord, resolveRun } from '../../src/runs/record.js';
import { makeRun, writeFiles } from '../helpers/run-folder.js';

beforeEach(() => {
  process.chdir(realpathSync(mkdtempSync(join(tmpdir(), 'finetune-record-'))));
});

test('the newest run is the one that finished last, whatever its name', async () => {
  makeRun('runs/a', {}, '2026-01-02T00:00:00Z');
  makeRun('runs/b', {}, '2026-01-01T00:00:00Z');
  assert.equal((await resolveRun(undefined)).dir, join('runs', 'a'));
});

test('a damaged run does not hide the others', async () => {
  makeRun('runs/good', {}, '2026-01-01T00:00:00Z');
  writeFiles('runs/cut', { 'run.json': '{"formatVersion": 1, "fini' });
  assert.equal((await resolveRun(undefined)).dir, join('runs', 'good'));
  await assert.rejects(resolveRun('runs/cut'), { code: 'bad-model', message: /not JSON/ });
});

test('the model of a run means the run', async () => {
  makeRun('runs/a', { 'model/model.json': '{}' });
  assert.equal((await resolveRun('runs/a/model')).dir, join('runs', 'a'));
});

test('the split of an older run, which says side, says subset', async () => {
  const text = readFileSync(join(makeRun('a', {}), 'run.json'), 'utf8');
  writeFiles('a', {
    'run.json': text.replace('"split":{}', '"split":{"cat/1.jpg":{"side":"val","hash":"00"}}'),
  });
  assert.deepEqual((await loadRecord('a')).split, { 'cat/1.jpg': { subset: 'val', hash: '00' } });
});

test('a missing, foreign or newer run gives a message that says what to do', async () => {
  await assert.rejects(resolveRun(undefined), { message: /No finished run under .*finetune train/ });
  await assert.rejects(resolveRun('nowhere'), { message: /No run in nowhere/ });
  writeFiles('runs/folder/run.json', { inside: '' });
  await assert.rejects(resolveRun('runs/folder'), { message: /run\.json is a folder, not a file\. Train/ });
  writeFiles('runs/a', { 'run.json': '{"formatVersion": 2}' });
  await assert.rejects(resolveRun('runs/a'), { message: /not a run that this version reads/ });
});
