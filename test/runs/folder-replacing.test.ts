// What --force replaces, and what it never does.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { folderRules, planRunFolder, type RunPlan } from '../../src/runs/folder.js';
import { writeFolderAtomically } from '../../src/system/atomic-folder.js';
import { makeOldRun, makeRun, readAll, writeFiles } from '../helpers/run-folder.js';

let dir = '';

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-runs-')));
  process.chdir(dir);
});

const given: RunPlan = { data: 'pets', out: 'out', force: true, inputs: { '--data': 'pets' } };

/** What is at `out`, and how it came there. */
const foreign: [title: string, make: () => void, reason: RegExp][] = [
  ['photos', () => writeFiles('out', { 'cat/1.jpg': 'photo' }), /run\.json is missing/],
  [
    'photos inside a run',
    () => writeFiles(makeRun('out'), { 'cat/1.jpg': 'photo' }),
    /cat\/1\.jpg is no part of the run/,
  ],
  ['a file inside a run', () => writeFiles(makeRun('out'), { 'notes.txt': 'mine' }), /notes\.txt is no part/],
  [
    'a hidden file inside a run',
    () => writeFiles(makeRun('out'), { '.notes': 'mine' }),
    /\.notes is no part/,
  ],
  [
    'a file in the model of a run',
    () => writeFiles(makeRun('out', { 'model/model.json': '{}' }), { 'model/a.txt': 'mine' }),
    /model\/a\.txt is no part/,
  ],
  [
    'an empty folder inside a run',
    () => mkdirSync(join(makeRun('out'), 'photos')),
    /photos is an empty folder/,
  ],
  [
    'a link inside a run',
    () => symlinkSync(dir, join(makeRun('out'), 'photos')),
    /photos is neither a file nor a folder/,
  ],
  [
    'a run with a changed file',
    () => writeFiles(makeRun('out'), { 'history.jsonl': 'mine' }),
    /history\.jsonl was changed/,
  ],
  [
    'data with a run.json of another program',
    () => writeFiles('out', { 'run.json': '{"id": 7}', 'cat/1.jpg': 'photo' }),
    /not a run that this version reads/,
  ],
  [
    'data with the record of a run',
    () => writeFiles(makeRun('out', {}), { 'cat/1.jpg': 'photo', 'dog/2.jpg': 'photo' }),
    /cat\/1\.jpg is no part/,
  ],
  ['a run.json that is not JSON', () => writeFiles('out', { 'run.json': 'mine' }), /it is not JSON/],
  ['a card.json alone', () => writeFiles('out', { 'card.json': '{}' }), /run\.json is missing/],
  [
    'a backbone',
    () => cpSync(makeOldRun('old'), 'out', { recursive: true, filter: path => !path.endsWith('run.json') }),
    /run\.json is missing/,
  ],
  [
    'an old run with photos in it',
    () => writeFiles(makeOldRun('out'), { 'cat/1.jpg': 'photo' }),
    /cat\/1\.jpg is no part/,
  ],
  [
    'an old run with a model.onnx of somebody else',
    () => writeFiles(makeOldRun('out'), { 'model.onnx': 'mine' }),
    /model\.onnx is not as a training writes it/,
  ],
  [
    'an old run with a history of something else',
    () => writeFiles(makeOldRun('out'), { 'history.jsonl': 'dear diary' }),
    /history\.jsonl is not as/,
  ],
  [
    'an old run with other weights',
    () => writeFiles(makeOldRun('out'), { 'model/group1-shard1of3.bin': 'mine' }),
    /out is not replaced/,
  ],
  ['a file', () => writeFiles('.', { out: 'mine' }), /it is no folder/],
  ['a link to a run', () => symlinkSync(makeRun(join(dir, 'run')), 'out'), /it is a link/],
  [
    'a link to photos',
    () => symlinkSync(writeFiles(join(dir, 'photos'), { 'cat/1.jpg': 'photo' }), 'out'),
    /it is a link/,
  ],
];

for (const [title, make, reason] of foreign) {
  test(`--force does not replace ${title}`, async () => {
    make();
    const before = readdirSync(dir, { recursive: true }).sort();
    await assert.rejects(planRunFolder(given), {
      code: 'bad-option',
      message: /is not replaced, even with --force/,
    });
    await assert.rejects(planRunFolder(given), { message: reason });
    const writing = writeFolderAtomically(join(dir, 'out'), folderRules(given), async () => undefined);
    await assert.rejects(writing, { code: 'bad-option' });
    assert.deepEqual(readdirSync(dir, { recursive: true }).sort(), before);
  });
}

const own: [title: string, make: () => void][] = [
  ['a run', () => makeRun('out', { 'model.onnx': 'model', 'model/card.json': '{}' })],
  ['a run of a version that recorded no hashes', () => makeOldRun('out')],
  ['a run of which files are missing', () => makeRun('out', {})],
  ['an empty folder', () => mkdirSync('out')],
];

for (const [title, make] of own) {
  test(`--force replaces ${title}`, async () => {
    make();
    assert.equal(await planRunFolder(given), join(dir, 'out'));
    const write = async (folder: string) => void writeFiles(folder, { 'run.json': 'new' });
    await writeFolderAtomically(join(dir, 'out'), folderRules(given), write);
    assert.deepEqual(readAll('out', readdirSync('out')), ['new']);
    assert.deepEqual(
      readdirSync(dir).filter(name => name.startsWith('.')),
      [],
    );
  });
}
