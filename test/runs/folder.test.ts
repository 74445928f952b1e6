import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { planRunFolder, resolveRun } from '../../src/runs/folder.js';
import { writeWholeFolder } from '../../src/system/atomic-folder.js';

let dir = '';

const replace = { force: true, whenTaken: () => assert.fail('nobody asks: it is replaced') };

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'finetune-runs-')));
  process.chdir(dir);
});

async function finishRun(name: string, finishedAt: string): Promise<void> {
  const record = { formatVersion: 1, finishedAt, classNames: ['cat', 'dog'], split: {} };
  await mkdir(join('runs', name), { recursive: true });
  await writeFile(join('runs', name, 'run.json'), JSON.stringify(record));
}

test('a run is named after its data folder, and an existing run is never overwritten', async () => {
  assert.equal(planRunFolder({ data: 'photos/pets', out: undefined, force: false }), join(dir, 'runs/pets'));
  await finishRun('pets', '2026-01-01T00:00:00Z');
  assert.equal(
    planRunFolder({ data: 'photos/pets', out: undefined, force: false }),
    join(dir, 'runs/pets-2'),
  );
  assert.equal(planRunFolder({ data: 'photos/pets', out: undefined, force: true }), join(dir, 'runs/pets'));
});

test('--out that exists is refused without --force', async () => {
  await mkdir('mine');
  assert.throws(
    () => planRunFolder({ data: 'pets', out: 'mine', force: false }),
    /mine exists already.*--force/,
  );
  assert.equal(planRunFolder({ data: 'pets', out: 'mine', force: true }), join(dir, 'mine'));
});

test('--force replaces a run or an empty folder, never what somebody else put there', async () => {
  await mkdir('photos/cat', { recursive: true });
  assert.throws(
    () => planRunFolder({ data: 'photos', out: 'photos', force: true }),
    /photos is not replaced, even with --force.*cat/,
  );
  await assert.rejects(
    writeWholeFolder(join(dir, 'photos'), replace, async () => {}),
    { code: 'bad-option' },
  );
  await writeFile('notes.txt', 'mine');
  assert.throws(() => planRunFolder({ data: 'pets', out: 'notes.txt', force: true }), { code: 'bad-option' });
  assert.throws(() => planRunFolder({ data: 'pets', out: '.', force: true }), { code: 'bad-option' });
  assert.deepEqual((await readdir(dir)).sort(), ['notes.txt', 'photos']);
});

test('a folder that cannot be written is refused before the training, not after it', async () => {
  await writeFile('file', '');
  assert.throws(
    () => planRunFolder({ data: 'pets', out: 'file/run', force: false }),
    /Nothing can be saved in .*file is a file.*--out/,
  );
  await mkdir('locked', { mode: 0o555 });
  if (process.getuid?.() === 0) return; // root may write anywhere
  assert.throws(
    () => planRunFolder({ data: 'pets', out: 'locked/deep/run', force: false }),
    /locked is not writable/,
  );
});

test('a run that fails while it is written leaves nothing, and the old one as it was', async () => {
  await finishRun('pets', '2026-01-01T00:00:00Z');
  const failing = writeWholeFolder(join(dir, 'runs/pets'), replace, async temporary => {
    await writeFile(join(temporary, 'run.json'), 'half');
    throw new Error('disk full');
  });
  await assert.rejects(failing, /disk full/);
  assert.deepEqual(await readdir('runs'), ['pets']);
  assert.equal((await resolveRun('runs/pets')).record.finishedAt, '2026-01-01T00:00:00Z');
});

const runs = (out?: string) => {
  const whenTaken = () => planRunFolder({ data: 'pets', out, force: false });
  const write = async (temporary: string) => writeFile(join(temporary, 'card.json'), '{}');
  return [1, 2, 3].map(() => writeWholeFolder(whenTaken(), { force: false, whenTaken }, write));
};

test('runs that end at once and were planned alike get a number each, and none is lost', async () => {
  const taken = await Promise.all(runs());
  assert.deepEqual(
    taken.map(each => each.dir).sort(),
    ['pets', 'pets-2', 'pets-3'].map(name => join(dir, 'runs', name)),
  );
  assert.deepEqual((await readdir('runs')).sort(), ['pets', 'pets-2', 'pets-3']);
});

test('a folder asked for with --out that somebody else filled meanwhile is refused as at the start', async () => {
  const ends = await Promise.allSettled(runs('mine'));
  const refused = ends.filter(end => end.status === 'rejected');
  assert.equal(refused.length, 2);
  for (const { reason } of refused)
    assert.match(reason.message, /^mine exists already, .*--force to replace/);
  assert.deepEqual(await readdir(dir), ['mine']);
});

test('the newest run is the one that finished last, whatever its name', async () => {
  await finishRun('a', '2026-01-02T00:00:00Z');
  await finishRun('b', '2026-01-01T00:00:00Z');
  assert.equal((await resolveRun(undefined)).dir, join('runs', 'a'));
});

test('a damaged run does not hide the others', async () => {
  await finishRun('whole', '2026-01-01T00:00:00Z');
  await finishRun('cut', '2026-01-02T00:00:00Z');
  await writeFile('runs/cut/run.json', '{"formatVersion": 1, "fini');
  assert.equal((await resolveRun(undefined)).dir, join('runs', 'whole'));
  await assert.rejects(resolveRun('runs/cut'), /not JSON/);
});

test('a missing, foreign or newer run gives a message that says what to do', async () => {
  await assert.rejects(resolveRun(undefined), /No finished run under .*finetune train/);
  await assert.rejects(resolveRun('nowhere'), /No run in nowhere/);
  await finishRun('a', '2026-01-01T00:00:00Z');
  await writeFile('runs/a/run.json', '{"formatVersion": 2}');
  await assert.rejects(resolveRun('runs/a'), /not a run that this version reads/);
  assert.ok(existsSync('runs/a/run.json'));
});
