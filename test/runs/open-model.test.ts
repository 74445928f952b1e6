// The model that predicts, on the device that is wanted.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { openBackbone, openRun } from '../../src/runs/open-model.js';
import { checkout } from '../helpers/finetune.js';
import { swiftShader } from '../helpers/swiftshader.js';

const embedded = join(checkout, 'pretrained/efficientnet-lite0');
const silently = { warn: (message: string) => assert.fail(message) };

test('a backbone with its top says what it takes and what it gives', async () => {
  const { rules, classNames, device, session } = await openBackbone(embedded, { device: 'cpu', ...silently });
  await session.release();
  assert.deepEqual([rules.size, rules.channels, classNames.length, device], [[224, 224], 3, 1000, 'cpu']);
});

test('a device that cannot be used means the CPU, and a warning', async t => {
  if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
  for (const name of Object.keys(swiftShader)) delete process.env[name];
  const warnings: string[] = [];
  const opened = await openBackbone(embedded, { device: 'webgpu', warn: message => warnings.push(message) });
  await opened.session.release();
  assert.equal(opened.device, 'cpu');
  assert.match(warnings.join('\n'), /^--device webgpu cannot be used here.*CPU: webgpu does not start: /);
});

test('a device that this machine can never have is refused', async t => {
  if (process.platform !== 'linux') return t.skip('it may have one');
  await assert.rejects(openBackbone(embedded, { device: 'dml', ...silently }), {
    code: 'engine-missing',
    message: /^--device dml needs Windows/,
  });
});

test('a folder that is no run is named', async () => {
  await assert.rejects(openRun(embedded, { device: 'cpu', ...silently }), { message: /efficientnet-lite0/ });
});
