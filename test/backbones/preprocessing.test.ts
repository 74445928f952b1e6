import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type PreprocessingMode,
  preprocessInput,
  preprocessingModes,
  resolvePreprocessing,
} from '../../src/backbones/preprocessing.js';

// keras.applications.imagenet_utils.preprocess_input of [[10, 20, 30], [255, 0, 128]], Keras 3.15, float32.
const pixels = [10, 20, 30, 255, 0, 128];
const keras: [PreprocessingMode, number[]][] = [
  ['caffe', [-73.939, -96.779, -113.68, 24.060997, -116.779, 131.32]],
  ['tf', [-0.92156863, -0.84313726, -0.7647059, 1, -1, 0.003921628]],
  ['torch', [-1.9466565, -1.6855742, -1.2815686, 2.248909, -2.0357141, 0.42649257]],
  ['none', pixels],
];
for (const [mode, expected] of keras) {
  test(`${mode} is Keras' preprocess_input`, () => {
    const output = preprocessInput(pixels, preprocessingModes[mode]);
    expected.forEach((value, i) => {
      assert.ok(Math.abs(output[i]! - value) < 2e-5, `${i}: ${output[i]} is not ${value}`);
    });
  });
}

const architectures: [string, PreprocessingMode | undefined][] = [
  ['vgg16', 'caffe'],
  ['vgg19', 'caffe'],
  ['resnet50', 'caffe'],
  ['resnet50v2', 'tf'],
  ['mobilenet_1.00_224', 'tf'],
  ['mobilenetv2_0.35_224', 'tf'],
  ['MobileNetV3Small', 'none'],
  ['efficientnetb0', 'none'],
  ['efficientnet-lite0', 'lite'],
  ['efficientnet_lite0', 'lite'],
  ['densenet121', 'torch'],
  ['squeezenet', 'caffe'],
  ['regnetx002', 'none'],
  ['resnet_rs_50', 'none'],
  ['resnet152_1', 'caffe'],
  ['my_network', undefined],
];
test('an architecture brings its preprocessing; of a network of the own only the user knows', () => {
  for (const [name, mode] of architectures) assert.equal(resolvePreprocessing(name), mode, name);
  assert.equal(resolvePreprocessing('my_network', 'torch'), 'torch');
  assert.equal(resolvePreprocessing('vgg16', 'none'), 'none');
});

test('an unknown mode is refused with the known ones', () => {
  for (const mode of ['imagenet', 'constructor', '']) {
    assert.throws(() => resolvePreprocessing('vgg16', mode), {
      code: 'bad-option',
      message: /caffe, tf, torch/,
    });
  }
});
