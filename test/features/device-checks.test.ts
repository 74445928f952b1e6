// What `finetune doctor` says of devices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDevices } from '../../src/features/device-checks.js';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { swiftShader, withoutSwiftShader } from '../helpers/swiftshader.js';

const small = { inputShape: [32, 32], cut: 'block1a_project_bn' } as const;

async function find(device: string, candidates: readonly 'webgpu'[]) {
  const checks = await checkDevices({ ...small, candidates });
  const found = checks.find(({ name }) => name === `Device ${device}`);
  assert.ok(found, device);
  return found;
}

test('the speed of the CPU is told, and that another device is not here', async () => {
  assert.match((await find('cpu', [])).finding, /^\d+ images\/s with efficientnet-lite0$/);
  const { finding, details } = await find('webgpu', []);
  assert.match(finding, /^not found: no GPU with a driver for it$/);
  assert.deepEqual(details, { device: 'webgpu', found: false, usable: false });
});

test('CUDA says what is missing', async t => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return t.skip('it is for Linux on x64');
  assert.match((await find('cuda', [])).finding, /^not (usable: the|found: the driver|set up: )/);
});

test('a device is tried, and its speed told', { skip: withoutSwiftShader }, async () => {
  Object.assign(process.env, swiftShader);
  const { finding, details } = await find('webgpu', ['webgpu']);
  assert.match(finding, /^\d+ images\/s with efficientnet-lite0 after \d+\.\d s, as the CPU computes it$/);
  assert.ok(JSON.stringify(details).includes('cosineMin'));
});

test('a device that cannot be used has its reason', async t => {
  if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
  for (const name of Object.keys(swiftShader)) delete process.env[name];
  assert.match((await find('webgpu', ['webgpu'])).finding, /^cannot be used: webgpu does not start: /);
});
