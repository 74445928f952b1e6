// Libraries of CUDA that are replaced or removed: what is somebody else's stays.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { prepareRuntime } from '../../../src/inference/cuda/load.js';
import { cudaPackages } from '../../../src/inference/cuda/packages.js';
import {
  cudaDirectory,
  findCuda,
  installedRuntime,
  isCudaPlatform,
  workDirectory,
} from '../../../src/inference/cuda/place.js';
import { isWhole, removeCuda } from '../../../src/inference/cuda/remove.js';
import { putBackLibraries, replaceLibraries } from '../../../src/inference/cuda/replace.js';
import { wheelName } from '../../../src/inference/cuda/wheels.js';
import { claimFolder } from '../../../src/system/claimed-folder.js';
import { takePart } from '../../../src/system/part-place.js';

beforeEach(() => {
  process.env.FINETUNE_CACHE = mkdtempSync(join(tmpdir(), 'finetune-cuda-'));
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('--remove takes away what was written, and leaves what was changed since', {
  skip: !isCudaPlatform(),
}, async () => {
  const directory = cudaDirectory();
  mkdirSync(directory);
  symlinkSync('/elsewhere/libonnxruntime.so.1', join(directory, 'libonnxruntime.so.1'));
  symlinkSync('/elsewhere/liblinked.so', join(directory, 'liblinked.so'));
  for (const name of ['libsame.so', 'libchanged.so']) writeFileSync(join(directory, name), 'library');
  const libraries = {
    ...{ 'libsame.so': { sha256: sha256('library') }, 'libchanged.so': { sha256: sha256('as it was') } },
    'liblinked.so': { link: '/elsewhere/liblinked.so' },
  };
  const record = { formatVersion: 1, onnxruntime: installedRuntime(), libraries };
  writeFileSync(join(directory, 'cuda.json'), JSON.stringify(record));
  const place = findCuda();
  assert.equal(place && (await isWhole(place)), false);
  const { kept } = await removeCuda();
  assert.deepEqual(kept, [join(directory, 'libchanged.so')]);
  assert.deepEqual(readdirSync(directory), ['libchanged.so']);
  assert.equal((await removeCuda()).removed.length, 0);
});

/** Libraries as they are put in their place: one, with its record. */
function writeLibraries(directory: string, content: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'libsame.so'), content);
  const libraries = { 'libsame.so': { sha256: sha256(content) } };
  const record = { formatVersion: 1, onnxruntime: installedRuntime(), libraries };
  writeFileSync(join(directory, 'cuda.json'), JSON.stringify(record));
}

test('new libraries take the place of old ones, which go last', async () => {
  await claimFolder(workDirectory());
  writeLibraries(cudaDirectory(), 'old');
  writeLibraries(join(workDirectory(), 'libraries'), 'new');
  await replaceLibraries();
  assert.equal(readFileSync(join(cudaDirectory(), 'libsame.so'), 'utf8'), 'new');
  assert.equal(existsSync(workDirectory()), false);
});

test('where anything of somebody else is among the old ones, all stay', async () => {
  await claimFolder(workDirectory());
  writeLibraries(cudaDirectory(), 'old');
  writeFileSync(join(cudaDirectory(), 'notes.txt'), 'mine');
  writeLibraries(join(workDirectory(), 'libraries'), 'new');
  await assert.rejects(replaceLibraries(), {
    message: /notes\.txt is not as this program wrote it.*Move it/,
  });
  assert.deepEqual(readdirSync(cudaDirectory()).sort(), ['cuda.json', 'libsame.so', 'notes.txt']);
});

test('without new ones the old ones are put back, by the next process too', async () => {
  await claimFolder(workDirectory());
  writeLibraries(cudaDirectory(), 'old');
  await assert.rejects(replaceLibraries(), { code: 'ENOENT' });
  assert.ok(existsSync(join(cudaDirectory(), 'libsame.so')));
  renameSync(cudaDirectory(), join(workDirectory(), 'old'));
  await putBackLibraries();
  assert.ok(existsSync(join(cudaDirectory(), 'libsame.so')));
});

test("a file that has the name of ONNX Runtime's library stays", { skip: !isCudaPlatform() }, () => {
  writeLibraries(cudaDirectory(), 'old');
  const file = join(cudaDirectory(), 'libonnxruntime.so.1');
  writeFileSync(file, 'mine');
  prepareRuntime();
  assert.equal(readFileSync(file, 'utf8'), 'mine');
});

test('what a broken download left is removed too, from a folder that this program has made', async () => {
  const [first] = cudaPackages;
  const work = workDirectory();
  mkdirSync(join(work, 'libraries'), { recursive: true });
  writeFileSync(join(work, 'libraries/libcublas.so.13'), 'some bytes');
  assert.deepEqual(await removeCuda(), { removed: [], bytes: 0, kept: [work] });
  renameSync(work, `${work}-mine`);
  await claimFolder(work);
  for (const name of readdirSync(`${work}-mine`)) renameSync(join(`${work}-mine`, name), join(work, name));
  const part = await takePart(join(work, first ? wheelName(first) : ''), true);
  writeFileSync(part.path, 'some bytes');
  await part.release(true);
  const { removed, bytes } = await removeCuda();
  assert.deepEqual([removed.length, bytes], [2, 20]);
  assert.equal(existsSync(work), false);
});
