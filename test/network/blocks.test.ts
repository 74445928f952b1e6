// Which layers form a block, and where one begins that can be unfrozen.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findInCatalogue } from '../../src/backbones/catalogue.js';
import { blockOf, blockStarts } from '../../src/network/blocks.js';

const blocks: Record<string, string> = {
  block5c_expand_conv: 'block5c',
  conv5_block3_1_conv: 'conv5_block3',
  block_16_expand: 'block_16',
  top_conv: 'top',
  predictions: 'predictions',
};

for (const [layer, block] of Object.entries(blocks)) {
  test(`${layer} belongs to ${block}`, () => assert.equal(blockOf(layer), block));
}

const starts: Record<string, readonly string[]> = {
  vgg16: ['block1_conv1', 'block2_conv1', 'block3_conv1', 'block4_conv1', 'block5_conv1'],
  // The first convolution of a block takes what the block before gives, which goes past it as well.
  mobilenet_v2: ['block_15_expand', 'block_16_expand', 'Conv_1'],
};

for (const [name, expected] of Object.entries(starts)) {
  test(`the blocks of ${name} begin where its table has a star`, () => {
    const topology = findInCatalogue(name)?.plan({ inputSize: [224, 224], includeTop: false });
    assert.ok(topology);
    assert.deepEqual([...blockStarts({ topology, weights: new Map() })].slice(-expected.length), expected);
  });
}
