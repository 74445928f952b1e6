// Where a backbone is cut for fine-tuning, and how far down each layer counts as lying.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { NetworkBuilder } from '../../src/network/builder.js';
import type { Network } from '../../src/network/network.js';
import { splitAt } from '../../src/network/split.js';
import { layerFactors, planCut } from '../../src/training/unfreeze.js';

let network: Network;
before(async () => {
  network = await loadLayersModel('pretrained/efficientnet-lite0');
});

const cuts: Record<string, string> = {
  all: 'input',
  top: 'block4a_project_bn',
  block7a: 'block6d_add',
  block5: 'block4c_add',
  block5c: 'block5b_add',
  block5c_expand_conv: 'block5b_add',
  top_conv: 'block7a_project_bn',
  '1': 'top_dropout',
  '2': 'block7a_project_bn',
  '3': 'block6d_add',
};

for (const [unfreeze, cut] of Object.entries(cuts)) {
  test(`--unfreeze ${unfreeze} cuts at ${cut}`, () => {
    assert.equal(planCut(network, unfreeze), cut);
    splitAt(network, cut);
  });
}

const mistakes: Record<string, RegExp> = {
  block5c_dwconv: /Nearest block boundaries: "block5b_add" below it, "block5c_add" above it/,
  block9: /expected 1 to \d+ blocks, the name of a layer or a block, or all/,
  '0': /expected 1 to/,
  '99': /expected 1 to/,
};

for (const [unfreeze, message] of Object.entries(mistakes)) {
  test(`--unfreeze ${unfreeze} is refused`, () => {
    assert.throws(() => planCut(network, unfreeze), { code: 'bad-option', message });
  });
}

test('The end of a residual block, whose first input is the boundary below the block, lies inside it', () => {
  const build = new NetworkBuilder();
  const start = build.conv(build.input('image', [4, 4]), { name: 'start', filters: 3, size: 1 });
  const inside = build.conv(start, { name: 'inside', filters: 3, size: 1 });
  const residual = build.network('residual', build.add('Add', [start, inside], { name: 'sum' }));
  assert.throws(() => planCut(residual, 'sum'), {
    message: /Nearest block boundaries: "start" below it, "sum" above it/,
  });
});

test('Rates fall from block to block, the head has the full one', () => {
  const factors = layerFactors(splitAt(network, 'block6c_add').trainable, 0.5);
  assert.equal(factors.get('predictions'), 1);
  assert.equal(factors.get('top_conv'), 0.5);
  assert.equal(factors.get('top_bn'), 0.5);
  assert.equal(factors.get('block7a_dwconv'), 0.25);
  assert.equal(factors.get('block6d_project_conv'), 0.125);
});
