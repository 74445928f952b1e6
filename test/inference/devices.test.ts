// What networks run on beside the CPU. WebGPU is tried for real, in SwiftShader, where that is installed.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { deviceNames, devices, listCarriedDevices, validateDevice } from '../../src/inference/devices.js';
import { askChild } from '../../src/system/child-process.js';
import { swiftShader, withoutSwiftShader } from '../helpers/swiftshader.js';

test('every device has its row, and the CPU is always carried', async () => {
  assert.deepEqual(Object.keys(devices), deviceNames);
  assert.ok((await listCarriedDevices()).includes('cpu'));
  await validateDevice('cpu');
});

describe('WebGPU computes what the CPU computes', { skip: withoutSwiftShader }, () => {
  let differences: Readonly<Record<string, number>>;

  before(async () => {
    Object.assign(process.env, swiftShader);
    differences = await askChild(import.meta.url, '../helpers/device-process', '');
  });

  for (const [network, title] of [
    ['efficientnet-lite0', 'in two sessions at once, on more images than it takes at a time'],
    ['mobilenetv2', 'of every layer of MobileNetV2'],
    ['vgg16', 'of blocks 1 to 3 of VGG16'],
  ] as const) {
    test(title, () =>
      assert.ok((differences[network] ?? 1) < 1e-5, `${differences[network]} of the largest`),
    );
  }
});
