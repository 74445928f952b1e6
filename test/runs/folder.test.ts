// Where a run goes, and what it never takes the place of.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { folderRules, planRunFolder, type RunPlan } from '../../src/runs/folder.js';
import { writeFolderAtomically } from '../../src/system/atomic-folder.js';
import { makeRun, writeFiles } from '../helpers/run-folder.js';

let dir = '';

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-runs-')));
  process.chdir(dir);
});

const plan = (given: Partial<RunPlan> = {}): RunPlan => ({
  ...{ data: 'pets', out: undefined, force: false, inputs: { '--data': 'pets' } },
  ...given,
});

test('a run is named after its data folder, and an existing run is never overwritten', async () => {
  assert.equal(await planRunFolder(plan({ data: 'photos/pets' })), join(dir, 'runs/pets'));
  makeRun('runs/pets');
  assert.equal(await planRunFolder(plan({ data: 'photos/pets' })), join(dir, 'runs/pets-2'));
  assert.equal(await planRunFolder(plan({ data: 'photos/pets', force: true })), join(dir, 'runs/pets'));
});

test('--out that exists is refused without --force; with it, an empty folder is taken', async () => {
  mkdirSync('mine');
  await assert.rejects(planRunFolder(plan({ out: 'mine' })), { message: /mine exists already.*--force/ });
  assert.equal(await planRunFolder(plan({ out: 'mine', force: true })), join(dir, 'mine'));
});

const misplaced: readonly [title: string, given: Partial<RunPlan>, reason: RegExp][] = [
  ['in a class of the data folder', { out: 'pets/cat/run' }, /it lies in --data pets/],
  ['in the data folder, by a link', { out: 'link/run' }, /it lies in --data pets/],
  [
    'around the store',
    { out: 'new', inputs: { '--store': 'new/store' } },
    /it is or contains --store new\/store/,
  ],
  ['where a link leads to nothing', { out: 'nothing' }, /it is a link to nothing/],
];
for (const [title, given, reason] of misplaced) {
  test(`--out ${title} is refused before the training, with and without --force`, async () => {
    writeFiles('pets', { 'cat/1.jpg': 'photo' });
    symlinkSync('pets', 'link');
    symlinkSync('missing', 'nothing');
    for (const force of [false, true])
      await assert.rejects(planRunFolder(plan({ ...given, force })), { code: 'bad-option', message: reason });
  });
}

test('--out of a name that the file system does not take is refused before the training', async () => {
  const planned = planRunFolder(plan({ out: 'ü'.repeat(130) }));
  await assert.rejects(planned, {
    code: 'not-written',
    message: /the name is too long .*Take a shorter name/,
  });
});

test('who stands in the data folder gets ./runs there', async () => {
  mkdirSync('pets');
  const given = plan({ data: '.', inputs: { '--data': '.' } });
  assert.match(await planRunFolder(given), /\/runs\//);
});

/** `--out` against what the training reads or keeps; a run that could be replaced lies there. */
const overlaps: [title: string, out: string, inputs: Record<string, string>, reason: RegExp][] = [
  ['is the data', 'a', { '--data': 'a' }, /it is or contains --data a/],
  ['contains the data', 'a', { '--data': 'a/photos' }, /it is or contains --data a\/photos/],
  ['lies in the data', 'a/run', { '--data': 'a' }, /it lies in --data a/],
  ['lies deep in the data', 'a/b/c', { '--data': 'a' }, /it lies in --data a/],
  ['is the data behind a link', 'a', { '--data': 'link' }, /it is or contains --data link/],
  ['is the store', 'a', { '--store': 'a' }, /it is or contains --store a/],
  ['contains the store', 'a', { '--store': 'a/store' }, /it is or contains --store/],
  ['holds the backbone', 'a', { '--backbone': 'a/model' }, /it is or contains --backbone/],
  ['is the working directory', '.', {}, /it is or contains the working directory/],
  ['contains the working directory', '..', {}, /it is or contains the working directory/],
];

for (const [title, out, inputs, reason] of overlaps) {
  test(`--force is refused where --out ${title}`, async () => {
    makeRun('a', {});
    mkdirSync('a/photos');
    symlinkSync(join(dir, 'a'), 'link');
    const planning = planRunFolder(plan({ out, force: true, inputs }));
    await assert.rejects(planning, { code: 'bad-option', message: reason });
  });
}

test('what lies beside the data is no part of it', async () => {
  makeRun('runs/pets');
  mkdirSync('runs/pets-photos');
  const given = plan({ out: 'runs/pets', force: true, inputs: { '--data': 'runs/pets-photos' } });
  assert.equal(await planRunFolder(given), join(dir, 'runs/pets'));
});

test('a folder that cannot be written is refused before the training, not after it', async () => {
  writeFiles('.', { file: '' });
  await assert.rejects(planRunFolder(plan({ out: 'file/run' })), {
    message: /Nothing can be saved in .*file is a file.*--out/,
  });
  mkdirSync('locked', { mode: 0o555 });
  if (process.getuid?.() === 0) return; // root may write anywhere
  await assert.rejects(planRunFolder(plan({ out: 'locked/deep/run' })), {
    message: /locked is not writable/,
  });
});

const finishThree = async (out?: string) => {
  const given = plan({ out });
  const write = async (folder: string) => void writeFiles(folder, { 'run.json': '{}' });
  const folders = await Promise.all([1, 2, 3].map(() => planRunFolder(given)));
  return Promise.allSettled(folders.map(folder => writeFolderAtomically(folder, folderRules(given), write)));
};

test('runs that end at once and were planned alike get a number each, and none is lost', async () => {
  const ends = await finishThree();
  assert.deepEqual(
    ends.map(end => end.status === 'fulfilled' && end.value.dir).sort(),
    ['pets', 'pets-2', 'pets-3'].map(name => join(dir, 'runs', name)),
  );
  assert.deepEqual(readdirSync('runs').sort(), ['pets', 'pets-2', 'pets-3']);
});

test('a folder asked for with --out that somebody else filled meanwhile is refused as at the start', async () => {
  const refused = (await finishThree('mine')).filter(end => end.status === 'rejected');
  assert.equal(refused.length, 2);
  for (const { reason } of refused)
    assert.match(reason.message, /^mine exists already, .*--force to replace/);
  assert.deepEqual(readdirSync(dir), ['mine']);
});
