import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCard } from '../../src/backbones/card.js';
import { planCard } from '../../src/backbones/plan-card.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import type { FunctionalConfig, LayerConfig } from '../../src/network/network.js';
import { redirectInputs } from '../../src/network/prune.js';
import type { NetworkSource } from '../../src/network/source.js';

type Layer = readonly [className: string, config: Readonly<Record<string, unknown>>];

/** Layers one after another, as a network of somebody's own. */
function chain(inputShape: readonly (number | null)[], ...layers: readonly Layer[]): NetworkSource {
  const input: Layer = ['InputLayer', { batch_input_shape: [null, ...inputShape] }];
  const nodes = [input, ...layers].map(([className, config], i): LayerConfig => {
    const name = `layer_${i}`;
    const inbound = i === 0 ? [] : [[[`layer_${i - 1}`, 0, 0, {}] as const]];
    return { class_name: className, config: { ...config, name }, name, inbound_nodes: inbound };
  });
  const topology: FunctionalConfig = {
    class_name: 'Model',
    config: {
      name: 'my_network',
      layers: nodes,
      input_layers: [['layer_0', 0, 0]],
      output_layers: [[`layer_${layers.length}`, 0, 0]],
    },
  };
  return { topology, weights: [], notes: [] };
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
  assert.doesNotMatch(notes.join(), /class-names/);
  assert.throws(() => planCard(chain([28, 28, 3], convolution), { ...facts, classNames: ['cat', 'dog'] }), {
    code: 'bad-option',
    message: /--class-names names classes, but the network ends in feature maps/,
  });
});

test('class names that the user gives come before those in the files; there is one per output, or two for one sigmoid', () => {
  const files = { classNames: ['x', 'y', 'z'] };
  const three = chain([28, 28, 3], convolution, pooling, dense(3));
  const namesOf = (classNames?: readonly string[]) =>
    planCard(three, { ...facts, files, classNames }).card.classNames;
  assert.deepEqual(namesOf(), ['x', 'y', 'z']);
  assert.deepEqual(namesOf(['a', 'b', 'c']), ['a', 'b', 'c']);
  assert.throws(() => namesOf(['a', 'b']), {
    code: 'bad-option',
    message: /gives 2 names, but the network has 3 outputs/,
  });
  const sigmoid = chain([28, 28, 3], convolution, pooling, dense(1));
  assert.deepEqual(planCard(sigmoid, { ...facts, classNames: ['cat', 'dog'] }).card.classNames, [
    'cat',
    'dog',
  ]);
});

test('names that lie beside a model of other classes are left out, with a note', () => {
  const network = chain([28, 28, 3], convolution, pooling, dense(4));
  const { card, notes } = planCard(network, { ...facts, files: { classNames: ['x', 'y', 'z'] } });
  assert.equal(card.classNames, undefined);
  assert.match(notes.join(), /3 class names lie beside the model, but it has 4 outputs/);
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

/** A normalization as it is after reading: a frozen batch normalization without an epsilon. */
const fixed: Layer = [
  'BatchNormalization',
  { trainable: false, epsilon: 0, axis: -1, center: false, scale: false },
];
function statistics(mean: number, deviation: number): NetworkSource['weights'] {
  const vector = (name: string, value: number) => ({
    name,
    shape: [3],
    read: () => [new Float32Array(3).fill(value)],
  });
  return [vector('layer_1/moving_mean', mean), vector('layer_1/moving_variance', deviation ** 2)];
}

const ranges = [
  ['a rescaling by 1/255', ['Rescaling', { scale: 1 / 255, offset: 0 }], [], 'none'],
  ['a rescaling to -1..1', ['Rescaling', { scale: 1 / 127.5, offset: -1 }], [], 'none'],
  ['a rescaling of 0..1 to -1..1', ['Rescaling', { scale: 2, offset: -1 }], [], 'unit'],
  ['a rescaling of 0..1 to 0..255', ['Rescaling', { scale: 255, offset: 0 }], [], 'unit'],
  ['a normalization of 0..1', fixed, statistics(0.46, 0.23), 'unit'],
  ['a normalization of 0..255', fixed, statistics(118, 58), 'none'],
  ['a normalization of -1..1', fixed, statistics(-0.07, 0.46), 'tf'],
  ['a rescaling by 1, which tells nothing', ['Rescaling', { scale: 1, offset: 0 }], [], undefined],
  ['a batch normalization, which tells nothing', ['BatchNormalization', { epsilon: 0.001 }], [], undefined],
] as const satisfies readonly (readonly [string, Layer, NetworkSource['weights'], string | undefined])[];
for (const [title, first, weights, mode] of ranges) {
  test(`pixels of a network that begins with ${title}`, () => {
    const { card, notes } = planCard({ ...chain([28, 28, 3], first, convolution), weights }, facts);
    assert.deepEqual(card.preprocessing, preprocessingModes[mode ?? 'unit']);
    assert.equal(/which is a guess/.test(notes.join()), mode === undefined);
  });
}

test('a nested base whose name is known tells its range', () => {
  const network = chain([28, 28, 3], convolution, pooling, dense(3));
  const { card, notes } = planCard({ ...network, modelNames: ['sequential', 'mobilenetv2_1.00_224'] }, facts);
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
  assert.doesNotMatch(notes.join(), /guess/);
});

test("--preprocessing against the network's own rescaling is done, with a warning", () => {
  const rescaled = chain([28, 28, 3], ['Rescaling', { scale: 1 / 255, offset: 0 }], convolution);
  const { card, notes } = planCard(rescaled, { ...facts, preprocessing: 'tf' });
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
  assert.match(notes.join(), /takes pixels 0\.\.255: with --preprocessing tf they are scaled twice/);
  assert.deepEqual(planCard(rescaled, { ...facts, preprocessing: 'none' }).notes, []);
});

test('of a network with several outputs somebody has to say which is meant', () => {
  const { topology, ...rest } = chain([28, 28, 3], convolution, pooling, dense(3));
  const ends = [['layer_3', 0, 0] as const, ['layer_1', 0, 0] as const];
  const network = { ...rest, topology: { ...topology, config: { ...topology.config, output_layers: ends } } };
  assert.throws(() => planCard(network, facts), {
    code: 'bad-model',
    message:
      'The network "my_network" has 2 outputs: layer_3, layer_1. Expected one: say --cut layer_3, or whichever is meant.',
  });
});

test('a name that somebody has given tells the pixels less than layers do, and not without a word', () => {
  const { topology, ...rest } = chain([28, 28, 3], convolution, pooling, dense(3));
  const planned = (name: string, layerName: string) => {
    const renamed = (known: string) => (known === 'layer_1' ? layerName : known);
    const layers = topology.config.layers
      .map(layer => redirectInputs(layer, ([from, node, output]) => [renamed(from), node, output]))
      .map(layer => ({ ...layer, config: { ...layer.config, name: renamed(layer.config.name) } }));
    const network = { ...topology, config: { ...topology.config, name, layers } };
    return planCard({ ...rest, topology: network }, facts);
  };
  const byName = planned('mini_vgg', 'layer_1');
  assert.deepEqual(byName.card.preprocessing, preprocessingModes.caffe);
  assert.match(byName.notes.join('\n'), /by the name "mini_vgg" alone: caffe.*--preprocessing .*--check DIR/);
  const byLayers = planned('mini_vgg', 'conv_dw_1');
  assert.deepEqual(byLayers.card.preprocessing, preprocessingModes.tf);
  assert.doesNotMatch(byLayers.notes.join('\n'), /by the name/);
});
