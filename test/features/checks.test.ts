// What `finetune doctor` says of the places on disk.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkBackbones, checkCache, checkDevices, checkFeatureStore } from '../../src/features/checks.js';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { swiftShader, withoutSwiftShader } from '../helpers/swiftshader.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-checks-'));
after(() => rmSync(folder, { recursive: true }));

test('the embedded backbone is always prepared', async () => {
  const { finding, problem } = await checkBackbones();
  assert.match(finding, /efficientnet-lite0/);
  assert.equal(problem, undefined);
});

test('a cache directory is made, and its free space told', async () => {
  process.env.FINETUNE_CACHE = join(folder, 'cache');
  const { finding, details } = await checkCache();
  assert.match(finding, /cache, \d+\.\d GB free$/);
  assert.equal(details.directory, process.env.FINETUNE_CACHE);
});

test('a cache directory that cannot be written has its remedy', async () => {
  process.env.FINETUNE_CACHE = join(folder, 'a-file');
  writeFileSync(process.env.FINETUNE_CACHE, '');
  const { finding, remedy } = await checkCache();
  assert.match(finding, /a-file cannot be written$/);
  assert.match(remedy ?? '', /FINETUNE_CACHE/);
});

test('a feature store that nothing was put into takes no space', async () => {
  process.env.FINETUNE_CACHE = join(folder, 'new');
  assert.equal((await checkFeatureStore()).details.bytes, 0);
});

test('a machine without a GPU is told so', async () => {
  const { finding, problem } = await checkDevices({ candidates: [] });
  assert.deepEqual([finding, problem], ['the CPU; no GPU found', undefined]);
});

const small = { candidates: ['webgpu'], inputShape: [32, 32], cut: 'block1a_project_bn' } as const;

test('a device is tried, and its speed told', { skip: withoutSwiftShader }, async () => {
  Object.assign(process.env, swiftShader);
  const { finding, details } = await checkDevices(small);
  assert.match(finding, /^webgpu: \d+ images\/s with efficientnet-lite0 after \d+\.\d s$/);
  assert.ok(JSON.stringify(details).includes('cosineMin'));
});

test('a device that cannot be used has its reason', async t => {
  if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
  for (const name of Object.keys(swiftShader)) delete process.env[name];
  assert.match((await checkDevices(small)).finding, /^webgpu: cannot be used \(webgpu does not start: /);
});
