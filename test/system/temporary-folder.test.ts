// Temporary folders, and what becomes of those of killed processes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test, { after } from 'node:test';
import { writeFolderAtomically } from '../../src/system/atomic-folder.js';
import {
  makeTemporaryFolder,
  makeTemporaryFolderAt,
  takeTemporaryProblem,
} from '../../src/system/temporary-folder.js';
import { checkout } from '../helpers/finetune.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-temporary-'));
after(() => rmSync(root, { recursive: true }));

function killed(prefix: string, folder = 'new'): void {
  const program = join(import.meta.dirname, '../helpers/temporary-process.js');
  const { signal } = spawnSync(process.execPath, [program, prefix, folder], {
    cwd: checkout,
  });
  assert.equal(signal, 'SIGKILL');
}

const uuid = '12345678-1234-1234-1234-123456789012';

test('a temporary folder is there until it is removed', async () => {
  const folder = makeTemporaryFolderAt(join(root, 'plain'));
  writeFileSync(join(folder.path, 'file'), '');
  await folder.remove();
  assert.equal(existsSync(folder.path), false);
});

test('what a killed process has left goes with the next folder of the same kind; what is not proved to be ours stays', async () => {
  const parent = join(root, 'killed');
  mkdirSync(parent);
  killed(join(parent, 'model'));
  const [left = ''] = readdirSync(parent);
  assert.equal(readFileSync(join(parent, left, 'new/run.json'), 'utf8'), 'of the killed process');
  const others = [`model-${uuid}`, `model-of-mine`, `other-${uuid}`];
  for (const name of others) mkdirSync(join(parent, name));
  const living = makeTemporaryFolderAt(join(parent, 'model'));
  const folder = makeTemporaryFolderAt(join(parent, 'model'));
  assert.deepEqual(existsSync(join(parent, left)), false);
  assert.deepEqual(
    [...others, living.path, folder.path].map(name =>
      existsSync(join(name.startsWith('/') ? '' : parent, name)),
    ),
    [true, true, true, true, true],
  );
  await living.remove();
  await folder.remove();
});

test('a folder that a killed process had made and put nothing in goes, too', async () => {
  const parent = join(root, 'unfinished');
  mkdirSync(parent);
  killed(join(parent, 'model'));
  const [dead = ''] = readdirSync(parent);
  const nameOf = (start: string) => dead.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}/, `${start}-0000-4000-8000`);
  const living = makeTemporaryFolderAt(join(parent, 'model'));
  rmSync(join(living.path, '.finetune-owner'));
  const [empty, halfNamed, filled] = ['11111111', '22222222', '33333333'].map(nameOf);
  for (const name of [empty, halfNamed, filled]) mkdirSync(join(parent, name ?? ''));
  writeFileSync(join(parent, halfNamed ?? '', '.finetune-owner'), '12ab');
  writeFileSync(join(parent, filled ?? '', 'photo.jpg'), '');
  const next = makeTemporaryFolderAt(join(parent, 'model'));
  const left = [filled, basename(living.path), basename(next.path)];
  assert.deepEqual(readdirSync(parent).sort(), left.sort());
  await living.remove();
  await next.remove();
});

test('a run that a process had put aside when it was killed is put back', async () => {
  const parent = join(root, 'aside');
  mkdirSync(parent);
  killed(join(parent, '.run'), 'old');
  const write = async (temporary: string) =>
    writeFileSync(join(temporary, 'run.json'), 'of the next process');
  const { dir } = await writeFolderAtomically(
    join(parent, 'run'),
    { replacement: undefined, whenTaken: () => join(parent, 'run-2') },
    write,
  );
  assert.equal(dir, join(parent, 'run-2'));
  assert.deepEqual(readdirSync(parent).sort(), ['run', 'run-2']);
  assert.equal(readFileSync(join(parent, 'run/run.json'), 'utf8'), 'of the killed process');
});

test('without a temporary folder of the system, the cache directory has to do, which is told once', async t => {
  const { TMPDIR, FINETUNE_CACHE } = process.env;
  t.after(() => {
    process.env.TMPDIR = TMPDIR;
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    process.env.FINETUNE_CACHE = FINETUNE_CACHE;
    if (FINETUNE_CACHE === undefined) delete process.env.FINETUNE_CACHE;
  });
  process.env.TMPDIR = join(root, 'missing');
  process.env.FINETUNE_CACHE = join(root, 'cache');
  const folder = makeTemporaryFolder('model');
  assert.ok(folder.path.startsWith(join(root, 'cache', 'temporary')));
  assert.match(takeTemporaryProblem() ?? '', /missing.*it is not there.*is used instead/);
  assert.equal(takeTemporaryProblem(), undefined);
  await folder.remove();
});
