// A classifier gives probabilities, whatever its loss was made for.
import assert from 'node:assert/strict';
import test from 'node:test';
import { withProbabilities } from '../../src/network/class-outputs.js';
import type { LayerConfig } from '../../src/network/network.js';

type Layer = readonly [className: string, config: Readonly<Record<string, unknown>>];

/** Layers one after another, on an image of 4 x 4 pixels. */
function chain(...layers: readonly Layer[]) {
  const all: readonly Layer[] = [['InputLayer', { batch_input_shape: [null, 4, 4, 3] }], ...layers];
  const nodes = all.map(([className, config], i): LayerConfig => {
    const inbound = i === 0 ? [] : [[[`layer_${i - 1}`, 0, 0, {}] as const]];
    return { class_name: className, config: { ...config, name: `layer_${i}` }, inbound_nodes: inbound };
  });
  const ends = {
    input_layers: [['layer_0', 0, 0]],
    output_layers: [[`layer_${layers.length}`, 0, 0]],
  } as const;
  const topology = { class_name: 'Model', config: { name: 'model', layers: nodes, ...ends } } as const;
  return { topology, weights: [], notes: [] };
}

const pooling: Layer = ['GlobalAveragePooling2D', {}];
const dense = (units: number, activation?: string): Layer => ['Dense', { units, activation }];
const convolution: Layer = ['Conv2D', { filters: 3, kernel_size: [1, 1], activation: 'linear' }];

const logits = {
  'a dense layer without activation': [[pooling, dense(3)], 'softmax'],
  'one output': [[pooling, dense(1, 'linear')], 'sigmoid'],
  'the mean of a convolution': [[convolution, pooling, ['Dropout', { rate: 0.5 }]], 'softmax'],
} as const;

for (const [what, [layers, activation]] of Object.entries(logits)) {
  test(`${what}: logits, which a ${activation} makes probabilities of, and a note tells`, () => {
    const { topology, notes } = withProbabilities(chain(...layers));
    const last = topology.config.layers.at(-1);
    assert.deepEqual(last?.config, { name: 'probabilities', activation });
    assert.deepEqual(topology.config.output_layers, [['probabilities', 0, 0]]);
    assert.match(notes.join(), new RegExp(`no probabilities \\(logits\\): a ${activation} is put on top`));
  });
}

test('what ends in an activation, or in what nobody can tell, stays as it is', () => {
  for (const layers of [
    [pooling, dense(3, 'softmax')],
    [pooling, dense(3, 'sigmoid')],
    [pooling, dense(3), ['Activation', { activation: 'softmax' }]],
    [convolution, ['ReLU', {}], pooling],
  ] as const) {
    const network = chain(...layers);
    assert.equal(withProbabilities(network), network);
  }
});
