// How much work a network is.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { removeTop, withInputShape } from '../../src/network/cut.js';
import { countMultiplications } from '../../src/network/multiplications.js';
import { checkout } from '../helpers/finetune.js';

test('multiplications are those that the authors of EfficientNet-Lite0 count, and grow with the image', async () => {
  const network = await loadLayersModel(join(checkout, 'pretrained/efficientnet-lite0'));
  const published = countMultiplications(withInputShape(network, [224, 224]));
  const half = countMultiplications(withInputShape(removeTop(network), [112, 112]));
  // 407 million with the classifier, https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
  assert.ok(Math.abs(published / 407e6 - 1) < 0.1, String(published));
  // A little more than a quarter: feature maps of 3.5 places become 4 wide.
  assert.ok(half > published / 4 && half < published / 3.5, String(half));
});
