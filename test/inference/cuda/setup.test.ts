// What `finetune setup --cuda` knows and does without a GPU; nothing is downloaded here.
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
import { beforeEach, describe, test } from 'node:test';
import { explainCuda } from '../../../src/inference/cuda/explain.js';
import { prepareRuntime } from '../../../src/inference/cuda/load.js';
import { type CudaPackage, cudaPackages, provider } from '../../../src/inference/cuda/packages.js';
import {
  cudaDirectory,
  findCuda,
  installedRuntime,
  isCudaPlatform,
  workDirectory,
} from '../../../src/inference/cuda/place.js';
import { isWhole, removeCuda } from '../../../src/inference/cuda/remove.js';
import { putBackLibraries, replaceLibraries } from '../../../src/inference/cuda/replace.js';
import {
  adviseSetup,
  type CudaMachine,
  findObstacle,
  parseDriver,
} from '../../../src/inference/cuda/requirements.js';
import { downloadWheel, findGiven, wheelName } from '../../../src/inference/cuda/wheels.js';
import { claimFolder } from '../../../src/system/claimed-folder.js';
import { silent } from '../../../src/system/context.js';
import { takePart } from '../../../src/system/part-place.js';
import { answering, breakingAfter, honest, someBytes, startServer } from '../../helpers/unruly-server.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-cuda-'));
  process.env.FINETUNE_CACHE = folder;
});

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

describe('What a machine lacks for CUDA', () => {
  const gpu = { name: 'NVIDIA L4', memory: 1, freeMemory: 1, driver: '580.65.06', computeCapability: 8.9 };
  const machine: CudaMachine = { platform: 'linux-x64', isSupported: true, driver: '580.65.06', gpus: [gpu] };
  for (const [title, changed, expected] of [
    ['is nothing with a current driver and GPU', {}, undefined],
    [
      'is nothing that is known where the driver does not tell its version',
      { driver: '', gpus: [] },
      undefined,
    ],
    [
      'is Linux',
      { platform: 'darwin-arm64', isSupported: false },
      /^CUDA is for Linux on x64; this is darwin-arm64/,
    ],
    [
      'is a driver',
      { driver: undefined, gpus: [] },
      /^there is no NVIDIA driver here\. CUDA 13 needs version 580/,
    ],
    [
      'is a newer driver',
      { driver: '550.54.15' },
      /^the NVIDIA driver 550\.54\.15 is too old: CUDA 13 needs/,
    ],
    [
      'is a newer GPU',
      { gpus: [{ ...gpu, name: 'Tesla V100', computeCapability: 7 }] },
      /^the Tesla V100 is too old: it has compute capability 7, CUDA 13 needs 7\.5 or later \(Turing\)$/,
    ],
  ] as const) {
    test(title, () => {
      const found = findObstacle({ ...machine, ...changed });
      if (expected === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', expected);
    });
  }

  test('where libraries are missing, the advice is to set them up only if that would help', () => {
    assert.match(adviseSetup(machine), /`finetune setup --cuda` does that/);
    assert.match(adviseSetup({ ...machine, driver: undefined, gpus: [] }), /^there is no NVIDIA driver here/);
  });
});

test("the driver's version is read from what the kernel's module says", () => {
  const text =
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12';
  assert.equal(parseDriver(text), '550.54.15');
  assert.equal(parseDriver('nothing of the kind'), '');
});

describe("What CUDA's errors mean", () => {
  const inSource = '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:146 CudaCall(...) ';
  for (const [message, expected] of [
    [
      'libcuda.so.1: cannot open shared object file: No such file',
      'there is no NVIDIA driver here (libcuda.so.1 is missing)',
    ],
    [
      `${inSource}CUDA failure 35: CUDA driver version is insufficient ; GPU=-1`,
      'the NVIDIA driver is older than CUDA 13 needs (580)',
    ],
    [`${inSource}CUDA failure 100: no CUDA-capable device ; GPU=0`, 'the NVIDIA driver sees no GPU'],
    [`${inSource}CUDA failure 2: out of memory ; GPU=0`, 'the GPU has too little memory free'],
    [
      `${inSource}CUDA failure 719: unspecified launch failure ; GPU=0`,
      'CUDA failure 719: unspecified launch failure',
    ],
    ['libfoo.so.1: invalid ELF header', 'libfoo.so.1: invalid ELF header'],
  ] as const) {
    test(expected, () => assert.equal(explainCuda(message), expected));
  }
});

test('the provider is that of the installed ONNX Runtime: another version loads none', () => {
  assert.equal(installedRuntime(), provider.onnxruntime);
  for (const each of cudaPackages) assert.ok(wheelName(each).includes(`-${each.version}-`), each.name);
});

const runtimePackage: CudaPackage = {
  ...{
    name: 'nvidia-some',
    version: '1.0',
    address: 'http://127.0.0.1/some.whl',
    bytes: 7,
    libraries: ['libsome.so.'],
  },
  sha256: sha256('library'),
};

test('a wheel goes on where its download broke off, and is checked', async () => {
  const content = someBytes(300_000);
  await using server = await startServer(content, breakingAfter(100_000), honest);
  const wheel = { ...runtimePackage, address: server.url, sha256: sha256(content), bytes: content.length };
  const source = await downloadWheel(wheel, folder, silent);
  assert.deepEqual(readFileSync(source.wheel ?? ''), content);
  assert.deepEqual(server.ranges, ['-', 'bytes=100000-']);
});

test('where PyPI is out of reach, the message says how to bring the wheels on another way', async () => {
  await using server = await startServer(Buffer.from(''), answering(403));
  const download = downloadWheel({ ...runtimePackage, address: server.url }, folder, silent);
  await assert.rejects(download, {
    code: 'download-failed',
    message: /--from FOLDER:\n.*pip download --dest FOLDER/s,
  });
});

test('libraries that lie in a folder are taken from there, as Python has them', async () => {
  mkdirSync(join(folder, 'nvidia/some/lib'), { recursive: true });
  writeFileSync(join(folder, 'nvidia/some/lib/libsome.so.13'), 'library');
  const { libraries } = await findGiven(runtimePackage, folder);
  assert.deepEqual(libraries, [join(folder, 'nvidia/some/lib/libsome.so.13')]);
  await assert.rejects(findGiven({ ...runtimePackage, libraries: ['libother.so.'] }, folder), {
    code: 'not-found',
    message: /holds neither .* nor a library libother\.so\.\*\. Expected the wheels of onnxruntime-gpu 1\./,
  });
});

test('a provider that is not the published one is refused', async () => {
  const [first] = cudaPackages;
  for (const name of Object.keys(provider.files)) writeFileSync(join(folder, name), 'another');
  assert.ok(first !== undefined);
  await assert.rejects(findGiven(first, folder), {
    code: 'bad-weights',
    message: /its sha-256 is .* expected is/,
  });
});

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
