// Weights of a tfjs model by their names, which Python's converter and tfjs write each in its own way.
import assert from 'node:assert/strict';
import test from 'node:test';
import { openTfjsTopology } from '../../../src/formats/tfjs-layers/topology.js';
import type { WeightSource } from '../../../src/network/source.js';

const dense = { class_name: 'Dense', config: { name: 'fc', units: 1, use_bias: false } };
const tower = (name: string) => ({ class_name: 'Sequential', config: { name, layers: [dense] } });

/** Two models one after the other, each with a layer of the same name. */
const towers = {
  class_name: 'Sequential',
  config: { name: 'both', build_input_shape: [null, 1], layers: [tower('left'), tower('right')] },
};

function open(names: readonly string[]) {
  const sources = names.map(
    (name, i): WeightSource => ({
      name,
      shape: [1, 1],
      read: () => [Float32Array.of(i)],
    }),
  );
  return openTfjsTopology(towers, sources, 'folder').weights.map(({ read }) => [...read()][0]?.[0]);
}

test('layers of one name in several models get each its own weights', () => {
  assert.deepEqual(open(['left/fc/kernel', 'right/fc/kernel']), [0, 1]);
  assert.deepEqual(open(['right/fc/kernel', 'both/left/fc/kernel']), [1, 0]);
});

test('weights that could be those of several layers are refused, not taken for both', () => {
  assert.throws(() => open(['fc/kernel', 'fc/kernel']), {
    code: 'bad-model',
    message: /several weights "fc\/kernel", and nothing says which is that of the layer "fc" in "left"/,
  });
});

test("a dilation of which tfjs takes no notice counts for nothing in tfjs' own models", () => {
  const settings = { name: 'dw', kernel_size: [2, 2], dilation_rate: [2, 2], use_bias: false };
  const config = { ...settings, batch_input_shape: [null, 4, 4, 1] };
  const model = {
    class_name: 'Sequential',
    config: { name: 'own', layers: [{ class_name: 'DepthwiseConv2D', config }] },
  };
  const kernel = { name: 'dw/depthwise_kernel', shape: [2, 2, 1, 1], read: () => [new Float32Array(4)] };
  const { topology } = openTfjsTopology(model, [kernel], 'folder');
  assert.equal(topology.config.layers.at(-1)?.config.dilation_rate, undefined);
});
