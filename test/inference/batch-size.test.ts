// How many images a device gets at a time.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { OnnxGraph } from '../../src/formats/onnx/graph.js';
import { bytesPerImage, planBatchSize } from '../../src/inference/batch-size.js';

/** One convolution that gives 64 maps of some size. */
const graphOf = (side: number): OnnxGraph => ({
  name: 'graph',
  nodes: [{ op: 'Conv', name: 'conv', inputs: ['input', 'kernel'], outputs: ['conv'], attributes: {} }],
  initializers: new Map([['kernel', { shape: [64, 3, 3, 3], data: new Float32Array() }]]),
  input: { name: 'input', type: 'float32', shape: ['N', side, side, 3] },
  output: { name: 'conv', type: 'float32', shape: ['N', side, side, 64] },
  mapSizes: new Map([['conv', [side, side]]]),
});

test('an image needs its largest feature map a few times', () => {
  assert.equal(bytesPerImage(graphOf(224)), 4 * 4 * 64 * 224 * 224);
});

test('small images go there by the number that a device gains by, large ones by fewer', async () => {
  assert.equal(await planBatchSize('webgpu', graphOf(32)), 8);
  assert.equal(await planBatchSize('webgpu', graphOf(600)), 2);
  assert.equal(await planBatchSize('webgpu', graphOf(20_000)), 1);
  assert.equal(await planBatchSize('cpu', graphOf(32)), 1);
});
