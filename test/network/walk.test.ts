import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InboundTensor, LayerConfig, Network } from '../../src/network/network.js';
import { walk } from '../../src/network/walk.js';

/** Activations by name, with the layers that each takes. */
function networkOf(inputs: Readonly<Record<string, readonly string[]>>): Pick<Network, 'topology'> {
  const layers = Object.entries(inputs).map(([name, sources]): LayerConfig => {
    const inbound = sources.map((source): InboundTensor => [source, 0, 0, {}]);
    return sources.length === 0
      ? { class_name: 'InputLayer', config: { name, batch_input_shape: [null, 8, 8, 3] }, inbound_nodes: [] }
      : { class_name: 'Add', config: { name }, inbound_nodes: [inbound] };
  });
  const config = { name: 'test', layers, input_layers: [], output_layers: [] };
  return { topology: { class_name: 'Model', config } };
}

function orderOf(network: Pick<Network, 'topology'>): string[] {
  return walk(network).calls.map(({ layer }) => layer.config.name);
}

describe('walk', () => {
  test('keeps the order of the list where it is one of computation', () => {
    assert.deepEqual(orderOf(networkOf({ image: [], b: ['image'], a: ['image'], c: ['a', 'b'] })), [
      ...['image', 'b', 'a', 'c'],
    ]);
  });

  test('puts inputs before their users, however they are listed', () => {
    assert.deepEqual(orderOf(networkOf({ c: ['a', 'b'], b: ['a'], a: ['image'], image: [] })), [
      ...['image', 'a', 'b', 'c'],
    ]);
  });

  test('gives the shapes that go in and that come out', () => {
    const { inputShapes, shape } = walk(networkOf({ image: [], a: ['image', 'image'] })).callOf(['a', 0, 0]);
    assert.deepEqual(inputShapes, [
      [8, 8, 3],
      [8, 8, 3],
    ]);
    assert.deepEqual(shape, [8, 8, 3]);
  });

  test('says which inputs are missing', () => {
    assert.throws(() => walk(networkOf({ image: [], a: ['gone'], b: ['a'] })), {
      code: 'bad-model',
      message: /inputs of "a" are missing/,
    });
  });

  test('says which layers form a ring', () => {
    assert.throws(() => walk(networkOf({ image: [], a: ['image', 'b'], b: ['a'] })), {
      code: 'bad-model',
      message: /inputs of "a", "b" form a ring/,
    });
  });

  test('takes 20,000 layers listed backwards in a moment', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `layer${i}`);
    const chain = names.map((name, i) => [name, i === 0 ? [] : [names[i - 1] ?? '']] as const).reverse();
    assert.equal(orderOf(networkOf(Object.fromEntries(chain))).at(-1), 'layer19999');
  });
});
