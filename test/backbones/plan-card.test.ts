import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCard } from '../../src/backbones/card.js';
import { planCard } from '../../src/backbones/plan-card.js';
import type { FunctionalConfig, LayerConfig } from '../../src/network/network.js';

type Layer = readonly [className: string, config: Readonly<Record<string, unknown>>];

/** Layers one after another, as a network of somebody's own. */
function chain(inputShape: readonly (number | null)[], ...layers: readonly Layer[]): FunctionalConfig {
  const input: Layer = ['InputLayer', { batch_input_shape: [null, ...inputShape] }];
  const nodes = [input, ...layers].map(([className, config], i): LayerConfig => {
    const name = `layer_${i}`;
    const inbound = i === 0 ? [] : [[[`layer_${i - 1}`, 0, 0, {}] as const]];
    return { class_name: className, config: { ...config, name }, name, inbound_nodes: inbound };
  });
  return {
    class_name: 'Model',
    config: {
      name: 'my_network',
      layers: nodes,
      input_layers: [['layer_0', 0, 0]],
      output_layers: [[`layer_${layers.length}`, 0, 0]],
    },
  };
}

const convolution: Layer = ['Conv2D', { filters: 4, kernel_size: [3, 3], padding: 'same' }];
const pooling: Layer = ['GlobalAveragePooling2D', {}];
const dense = (units: number): Layer => ['Dense', { units, activation: 'softmax' }];
const facts = { name: 'mine', origin: 'mine.keras' };

const channels = [
  [1, { channelOrder: 'grey', mean: [0], std: [255] }],
  [2, { channelOrder: 'grey', mean: [0, 0], std: [255, 255] }],
  [3, { channelOrder: 'RGB', mean: [0, 0, 0], std: [255, 255, 255] }],
  [4, { channelOrder: 'RGB', mean: [0, 0, 0, 0], std: [255, 255, 255, 255] }],
] as const;
for (const [count, preprocessing] of channels) {
  test(`a network of one's own may take ${count} of 1 to 4 channels, at any size from 1x1`, () => {
    const { card } = planCard(chain([1, 1, count], convolution, pooling, dense(3)), facts);
    assert.deepEqual(card.inputShape, [1, 1, count]);
    assert.deepEqual(card.preprocessing, preprocessing);
  });
}

test('five channels are no image', () => {
  assert.throws(() => planCard(chain([28, 28, 5], convolution), facts), {
    code: 'bad-model',
    message: /Expected one image with 1 to 4 channels/,
  });
});

test("a mode with numbers of its own for each colour does not go with grey images; Keras' tf mode does", () => {
  const grey = chain([28, 28, 1], convolution, pooling, dense(3));
  assert.throws(() => planCard(grey, { ...facts, preprocessing: 'caffe' }), {
    code: 'bad-option',
    message: /caffe has a mean for each of three colours, but the network takes 1 channel/,
  });
  const { card } = planCard(grey, { ...facts, preprocessing: 'tf' });
  assert.deepEqual(card.preprocessing, { channelOrder: 'grey', mean: [127.5], std: [127.5] });
});

test('a classifier of which nobody says what its classes are called gets a note that says how to name them', () => {
  const { card, notes } = planCard(chain([28, 28, 3], convolution, pooling, dense(3)), facts);
  assert.equal(card.classNames, undefined);
  assert.match(notes.join('\n'), /3 outputs, but nothing says what its classes are called.*--class-names/);
});

test('a network that ends in its features has no classes to name', () => {
  const { notes } = planCard(chain([28, 28, 3], convolution, pooling), facts);
  assert.doesNotMatch(notes.join('\n'), /classes/);
});

test('class names that the user gives come before those in the files; there is one per output, or two for one sigmoid', () => {
  const files = { classNames: ['x', 'y', 'z'] };
  const three = chain([28, 28, 3], convolution, pooling, dense(3));
  const namesOf = (classNames?: readonly string[]) =>
    planCard(three, { ...facts, files, classNames }).card.classNames;
  assert.deepEqual(namesOf(), ['x', 'y', 'z']);
  assert.deepEqual(namesOf(['a', 'b', 'c']), ['a', 'b', 'c']);
  assert.throws(() => namesOf(['a', 'b']), /has 3 outputs, but 2 class names/);
  const sigmoid = chain([28, 28, 3], convolution, pooling, dense(1));
  assert.deepEqual(planCard(sigmoid, { ...facts, classNames: ['cat', 'dog'] }).card.classNames, [
    'cat',
    'dog',
  ]);
});

test('classes go with the top that a cut takes off', () => {
  const files = { classNames: ['x', 'y', 'z', 'w'] };
  const { card } = planCard(chain([28, 28, 3], convolution, pooling), { ...facts, files, cut: 'layer_2' });
  assert.equal(card.classNames, undefined);
});

test('a card that came along is kept, but for what is asked otherwise', async () => {
  const existing = await loadCard('pretrained/efficientnet-lite0');
  const top = chain([224, 224, 3], convolution, pooling, dense(1000));
  const { card } = planCard(top, { ...facts, card: existing });
  assert.deepEqual({ ...existing, name: 'mine' }, card);
  const asked = planCard(top, { ...facts, card: existing, preprocessing: 'tf' }).card;
  assert.deepEqual(asked.preprocessing.mean, [127.5, 127.5, 127.5]);
});
