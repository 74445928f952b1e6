// What networks run on beside the CPU. WebGPU is tried for real, in SwiftShader, where that is installed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceNames, devices, listCarriedDevices, validateDevice } from '../../src/inference/devices.js';
import { askChild } from '../../src/system/child-process.js';
import { swiftShader, withoutSwiftShader } from '../helpers/swiftshader.js';

test('every device has its row, and the CPU is always carried', async () => {
  assert.deepEqual(Object.keys(devices), deviceNames);
  assert.ok((await listCarriedDevices()).includes('cpu'));
  await validateDevice('cpu');
});

test('WebGPU computes what the CPU computes, in two sessions at once, on more images than it takes at a time', {
  skip: withoutSwiftShader,
}, async () => {
  Object.assign(process.env, swiftShader);
  const found = await askChild(import.meta.url, '../helpers/device-process', 'block1a_project_bn');
  const { compared, largest } = found as { compared: number; largest: number };
  assert.ok(compared > 0 && largest < 1e-5, `${largest}`);
});
