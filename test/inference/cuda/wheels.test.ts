// The wheels that `finetune setup --cuda` takes; none of PyPI's is downloaded here.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { type CudaPackage, cudaPackages, provider } from '../../../src/inference/cuda/packages.js';
import { installedRuntime } from '../../../src/inference/cuda/place.js';
import { downloadWheel, findGiven, wheelName } from '../../../src/inference/cuda/wheels.js';
import { silent } from '../../../src/system/context.js';
import { answering, breakingAfter, honest, someBytes, startServer } from '../../helpers/unruly-server.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-cuda-'));
  process.env.FINETUNE_CACHE = folder;
});

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

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
