// What networks run on beside the CPU. WebGPU is tried for real, in SwiftShader, where that is installed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { planMobilenetV2 } from '../../src/backbones/architectures/mobilenet-v2.js';
import { planVgg16 } from '../../src/backbones/architectures/vgg.js';
import { compileGraph } from '../../src/formats/onnx/compile.js';
import type { OnnxGraph } from '../../src/formats/onnx/graph.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { openDeviceSession } from '../../src/inference/device-session.js';
import {
  type DeviceName,
  deviceNames,
  devices,
  listCarriedDevices,
  validateDevice,
} from '../../src/inference/devices.js';
import type { ImageBatch } from '../../src/inference/session.js';
import { cutAt, withInputShape } from '../../src/network/cut.js';
import type { Network } from '../../src/network/network.js';
import { checkout } from '../helpers/finetune.js';
import { madeUpNetwork, madeUpNumbers } from '../helpers/made-up-weights.js';
import { swiftShader, withoutSwiftShader } from '../helpers/swiftshader.js';

test('every device has its row, and the CPU is always carried', async () => {
  assert.deepEqual(Object.keys(devices), deviceNames);
  assert.ok((await listCarriedDevices()).includes('cpu'));
  await validateDevice('cpu');
});

describe('WebGPU computes what the CPU computes', { skip: withoutSwiftShader }, () => {
  const size = [32, 32] as const;
  const planned = { inputSize: size, includeTop: false };
  let lite: Network;

  before(async () => {
    Object.assign(process.env, swiftShader);
    lite = await loadLayersModel(join(checkout, 'pretrained/efficientnet-lite0'));
  });

  // One image through the large ones: in software it takes seconds.
  for (const [title, images, load] of [
    [
      'from the first block of EfficientNet-Lite0, on more images than it takes at a time',
      10,
      () => withInputShape(cutAt(lite, 'block1a_project_bn'), size),
    ],
    ['from all of MobileNetV2', 1, () => madeUpNetwork(planMobilenetV2(0.35)(planned))],
    ['from blocks 1 to 3 of VGG16', 1, () => cutAt(madeUpNetwork(planVgg16(planned)), 'block3_pool')],
  ] as const) {
    test(title, async () => {
      const graph = compileGraph(load());
      const input = Float32Array.from(madeUpNumbers('images', images * size[0] * size[1] * 3));
      const run = (device: DeviceName) => runOn(device, graph, { input, shape: [images, ...size, 3] });
      const [found, expected] = [await run('webgpu'), await run('cpu')];
      assert.equal(found.length, expected.length);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const [i, value] of expected.entries())
        assert.ok(
          Math.abs(value - (found[i] ?? Number.NaN)) < 1e-5 * largest,
          `${found[i]} instead of ${value}`,
        );
    });
  }
});

async function runOn(
  device: DeviceName,
  graph: OnnxGraph,
  { input, shape }: ImageBatch,
): Promise<Float32Array> {
  const session = await openDeviceSession(graph, { device, seconds: 300 });
  const { data } = await session.run(input, shape);
  await session.release();
  return data;
}
