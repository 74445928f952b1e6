// Whether a folder is a run and nothing else: only then may --force replace it.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { proveRun } from '../../src/runs/prove-run.js';
import { seal } from '../../src/system/seal.js';
import { makeOldRun, makeRun } from '../helpers/run-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-prove-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
const newDir = () => join(folder, String(count++));

test('a run as it was written is proved, with hashes and without', async () => {
  await proveRun(makeRun(newDir()));
  await proveRun(makeOldRun(newDir()));
});

const files = { 'history.jsonl': '', 'model/model.json': '{}' };

const foreign: readonly (readonly [what: string, change: (run: string) => void, message: RegExp])[] = [
  ['a file of somebody else', run => writeFileSync(join(run, 'notes.txt'), 'mine'), /^notes\.txt is no part/],
  [
    'one beside the model',
    run => writeFileSync(join(run, 'model/cat.jpg'), 'mine'),
    /^model\/cat\.jpg is no part/,
  ],
  ['a file that was changed', run => appendFileSync(join(run, 'history.jsonl'), 'x'), /was changed since/],
  ['no record', run => rmSync(join(run, 'run.json')), /run\.json/],
];
for (const [what, change, message] of foreign) {
  test(`a folder with ${what} is not proved`, async () => {
    const run = makeRun(newDir(), files);
    change(run);
    await assert.rejects(proveRun(run), { message });
  });
}

test('a record that was edited is not proved: another file could be entered in it', async () => {
  const run = makeRun(newDir(), files);
  const path = join(run, 'run.json');
  const record = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify(seal(record)));
  await proveRun(run);
  writeFileSync(path, JSON.stringify({ ...seal(record), note: 'mine' }));
  await assert.rejects(proveRun(run), { message: /^run\.json was changed/ });
});

const foreignInOld: readonly (readonly [what: string, file: string, content: string, message: RegExp])[] = [
  ['a model.onnx of another program', 'model.onnx', 'pytorch', /^model\.onnx is not as/],
  ['a history that holds something else', 'history.jsonl', 'dear diary\n', /^history\.jsonl is not as/],
  ['a file of somebody else', 'thesis.pdf', 'mine', /^thesis\.pdf is no part/],
];
for (const [what, file, content, message] of foreignInOld) {
  test(`a run of an older version with ${what} is not proved`, async () => {
    const run = makeOldRun(newDir());
    writeFileSync(join(run, file), content);
    await assert.rejects(proveRun(run), { message });
  });
}
