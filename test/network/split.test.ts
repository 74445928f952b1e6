import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogue } from '../../src/backbones/catalogue.js';
import { NetworkBuilder } from '../../src/network/builder.js';
import type { FunctionalConfig, LayerConfig, Network } from '../../src/network/network.js';
import { blockBoundaries, join, splitAt } from '../../src/network/split.js';
import { summarize } from '../../src/network/summarize.js';
import { outputShape } from '../../src/network/walk.js';

/** A network whose every layer has one weight, so that it can be seen where it goes. */
function networkOf(topology: FunctionalConfig): Network {
  const names = topology.config.layers.map(layer => `${layer.config.name}/kernel`);
  const weights = names.map(name => [name, { name, shape: [1], data: new Float32Array(1) }] as const);
  return { topology, weights: new Map(weights) };
}

function layerNames({ topology }: Network): string[] {
  return topology.config.layers.map(layer => layer.config.name);
}

function sorted(network: Network): unknown {
  const byName = (one: LayerConfig, other: LayerConfig) => (one.config.name < other.config.name ? -1 : 1);
  const { config } = network.topology;
  return { ...config, layers: config.layers.toSorted(byName) };
}

function assertSame(one: Network, other: Network): void {
  assert.deepEqual(sorted(one), sorted(other));
  assert.deepEqual([...one.weights.keys()].sort(), [...other.weights.keys()].sort());
  for (const [name, { data }] of one.weights) assert.equal(other.weights.get(name)?.data, data, name);
}

/** conv1 -> relu -> conv2 -> add(relu, conv2) -> pool */
function residual(): Network {
  const graph = new NetworkBuilder();
  const input = graph.input('image', [32, 32]);
  const first = graph.activation(graph.conv(input, { name: 'conv1', filters: 8, size: 3 }), 'relu', 'relu');
  const second = graph.conv(first, { name: 'conv2', filters: 8, size: 3, padding: 'same' });
  const added = graph.add('Add', [first, second], { name: 'add' });
  return networkOf(graph.topology('residual', graph.globalAveragePool(added, { name: 'pool' })));
}

describe('splitAt and join', () => {
  for (const { name, plan } of catalogue) {
    test(`${name} is the same again after a split at any of its boundaries`, () => {
      const network = networkOf(plan({ inputSize: [224, 224], includeTop: true }));
      const boundaries = blockBoundaries(network);
      assert.ok(boundaries.length >= 5, `${boundaries.length} boundaries`);
      for (const boundary of [boundaries[0]!, ...boundaries.slice(-8)]) {
        const { base, trainable } = splitAt(network, boundary);
        assert.equal(base.weights.size + trainable.weights.size, network.weights.size);
        assertSame(join(base, trainable), network);
      }
    });
  }

  test('gives a trainable part whose input has the shape of the base', () => {
    const { base, trainable } = splitAt(residual(), 'add');
    assert.deepEqual(layerNames(base), ['image', 'conv1', 'relu', 'conv2', 'add']);
    assert.deepEqual(layerNames(trainable), ['features', 'pool']);
    assert.deepEqual(outputShape(base), [30, 30, 8]);
    assert.equal(summarize(trainable.topology).rows[0]?.outputShape, '(None, 30, 30, 8)');
  });

  test('at the input everything is trainable, at the output nothing', () => {
    const network = residual();
    const all = splitAt(network, 'image');
    assert.deepEqual(layerNames(all.base), ['image']);
    assert.equal(all.trainable.weights.size, network.weights.size - 1);
    assertSame(join(all.base, all.trainable), network);
    const none = splitAt(network, 'pool');
    assert.deepEqual(layerNames(none.trainable), ['features']);
    assertSame(join(none.base, none.trainable), network);
  });

  test('refuses a layer that something passes by, and names the nearest boundaries', () => {
    assert.throws(() => splitAt(residual(), 'conv2'), {
      code: 'bad-option',
      message: /passes through the layer "conv2".*"relu" below it, "add" above it/,
    });
  });

  test('refuses a layer that there is not, and names those that there are', () => {
    assert.throws(() => splitAt(residual(), 'conv3'), {
      code: 'bad-option',
      message: /no layer "conv3".*conv1, relu, conv2/,
    });
  });

  test('does not split between two calls of a shared layer', () => {
    const shared = withSharedLayer();
    assert.deepEqual(blockBoundaries(shared), ['image', 'shared', 'pool']);
    const { base, trainable } = splitAt(shared, 'shared');
    assert.equal(base.topology.config.layers[1]?.inbound_nodes?.length, 2);
    assertSame(join(base, trainable), shared);
    assert.throws(() => splitAt(shared, 'relu'), { message: /"image" below it, "shared" above it/ });
  });

  test('refuses a split below a second input', () => {
    const graph = new NetworkBuilder();
    const pooled = graph.globalAveragePool(graph.input('image', [32, 32]), { name: 'pool' });
    const numbers = graph.add('InputLayer', [], { name: 'numbers', batch_input_shape: [null, 3] });
    const sum = graph.add('Add', [pooled, numbers], { name: 'add' });
    assert.deepEqual(blockBoundaries(networkOf(graph.topology('two', sum))), ['add']);
  });

  test('finds the ends of the blocks of EfficientNetB0 among its boundaries', () => {
    const { plan } = catalogue.find(({ name }) => name === 'efficientnet_b0')!;
    const boundaries = blockBoundaries(networkOf(plan({ inputSize: [224, 224], includeTop: false })));
    for (const name of ['stem_activation', 'block5c_add', 'block6a_project_bn', 'top_activation']) {
      assert.ok(boundaries.includes(name), name);
    }
    assert.ok(!boundaries.includes('block5c_dwconv'));
  });
});

describe('join', () => {
  test('puts a head on a base and keeps the name of the base', () => {
    const head = denseHead('head', [8]);
    const whole = join(residual(), head);
    assert.deepEqual(layerNames(whole).slice(-2), ['pool', 'head']);
    assert.equal(whole.topology.config.name, 'residual');
    assert.deepEqual(outputShape(whole), [5]);
  });

  test('refuses a layer whose name is taken', () => {
    assert.throws(() => join(residual(), denseHead('conv1', [8])), {
      code: 'bad-model',
      message: /already has a layer "conv1"/,
    });
  });

  test('refuses what takes another shape', () => {
    assert.throws(() => join(residual(), denseHead('head', [9])), {
      code: 'bad-model',
      message: /gives \(None, 8\), and what is to come on top takes \(None, 9\)/,
    });
  });
});

function denseHead(name: string, shape: readonly number[]): Network {
  const graph = new NetworkBuilder();
  const input = graph.add('InputLayer', [], { name: 'features', batch_input_shape: [null, ...shape] });
  return networkOf(graph.topology('head', graph.dense(input, { name, units: 5, activation: 'softmax' })));
}

/** image -> shared -> relu -> shared -> pool */
function withSharedLayer(): Network {
  const graph = new NetworkBuilder();
  const input = graph.input('image', [32, 32]);
  const once = graph.conv(input, { name: 'shared', filters: 3, size: 3, padding: 'same' });
  const relu = graph.activation(once, 'relu', 'relu');
  const topology = graph.topology('twice', graph.globalAveragePool(relu, { name: 'pool' }));
  const layers = topology.config.layers.map((layer): LayerConfig => {
    const { name } = layer.config;
    if (name === 'shared') return { ...layer, inbound_nodes: [[['image', 0, 0, {}]], [['relu', 0, 0, {}]]] };
    return name === 'pool' ? { ...layer, inbound_nodes: [[['shared', 1, 0, {}]]] } : layer;
  });
  return networkOf({ ...topology, config: { ...topology.config, layers } });
}
