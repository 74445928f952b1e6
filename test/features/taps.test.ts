// Which lower layers are tried where nobody names them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { catalogue } from '../../src/backbones/catalogue.js';
import { planTaps } from '../../src/features/taps.js';

for (const [name, expected] of [
  ['vgg16', ['block2_pool', 'block3_pool', 'block4_pool']],
  ['resnet50', ['conv2_block3_out', 'conv3_block4_out', 'conv4_block6_out']],
  ['mobilenet_v2', ['block_12_add', 'block_15_add', 'block_16_project_BN']],
] as const) {
  test(`the ends of the topmost stages of ${name}, but not its last layer`, () => {
    const entry = catalogue.find(each => each.name === name);
    const topology = entry?.plan({ includeTop: false, inputSize: [224, 224] });
    assert.ok(topology);
    assert.deepEqual(planTaps({ topology, weights: new Map() }), expected);
  });
}
