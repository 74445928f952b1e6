// What the calls of layers and operations say beside their inputs: taken into account, or refused by its reason.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readKerasTopology } from '../../../src/formats/keras/keras-file.js';
import type { JsonObject } from '../../../src/system/json.js';

const tensor = { class_name: '__keras_tensor__', config: { keras_history: ['image', 0, 0] } };

/** A model of one layer, or of one operation of Keras 3, as it writes them. */
function readModelOf(layer: JsonObject, calls: readonly unknown[]) {
  const image = { class_name: 'InputLayer', name: 'image', config: { batch_shape: [null, 4, 4, 3] } };
  return readKerasTopology({
    class_name: 'Functional',
    ...(layer.module !== undefined && { module: 'keras' }),
    config: {
      name: 'model',
      layers: [image, { name: 'last', config: { name: 'last' }, ...layer, inbound_nodes: calls }],
      input_layers: [['image', 0, 0]],
      output_layers: [['last', 0, 0]],
    },
  });
}

test('a layer that is to work as in training when it predicts is told of; Keras 3 has no such thing', () => {
  const old = { class_name: 'BatchNormalization' };
  const [note] = readModelOf(old, [[['image', 0, 0, { training: true }]]]).notes;
  assert.match(note ?? '', /^"last" is called with training=True: .* so predictions may differ\.$/);
  assert.deepEqual(readModelOf(old, [[['image', 0, 0, { training: false }]]]).notes, []);
  const recent = { class_name: 'BatchNormalization', module: 'keras.layers' };
  assert.deepEqual(readModelOf(recent, [{ args: [tensor], kwargs: { training: true } }]).notes, []);
});

test('a model whose class may have a call of its own is told of', () => {
  const dense = { class_name: 'Dense', config: { name: 'dense', units: 2 } };
  const layers = [{ class_name: 'InputLayer', config: { name: 'image', batch_shape: [null, 4] } }, dense];
  const own = readKerasTopology({
    class_name: 'Doubled',
    config: {
      ...{ name: 'model', layers: [layers[0], { ...dense, inbound_nodes: [[['image', 0, 0, {}]]] }] },
      ...{ input_layers: [['image', 0, 0]], output_layers: [['dense', 0, 0]] },
    },
  });
  assert.match(own.notes.join(), /"model" is of a class of its own, Doubled: .* its own call\(\) does/);
  assert.deepEqual(
    readKerasTopology({ class_name: 'Sequential', config: { name: 'model', layers } }).notes,
    [],
  );
});

test('arguments of TensorFlow operations count', () => {
  const operation = { class_name: 'TFOpLambda', config: { name: 'last', function: 'nn.leaky_relu' } };
  const { topology } = readModelOf(operation, [[['image', 0, 0, { alpha: 0.4 }]]]);
  assert.equal(topology.config.layers.at(-1)?.config.alpha, 0.4);
});

test('a layer with weights that would be another one at another size is refused by that reason', () => {
  const call = (name: string) => [[[name, 0, 0, {}]]];
  const pool = {
    class_name: 'MaxPooling2D',
    name: 'pool',
    config: { name: 'pool' },
    inbound_nodes: call('image'),
  };
  const shared = (layer: JsonObject) =>
    readKerasTopology({
      class_name: 'Functional',
      config: {
        name: 'model',
        layers: [
          { class_name: 'InputLayer', name: 'image', config: { batch_shape: [null, 4, 4, 4] } },
          pool,
          { name: 'shared', inbound_nodes: [...call('image'), ...call('pool')], ...layer },
        ],
        input_layers: [['image', 0, 0]],
        output_layers: [['shared', 1, 0]],
      },
    });
  const config = { name: 'shared', groups: 2, units: 3 };
  assert.throws(() => shared({ class_name: 'GroupNormalization', config }), {
    code: 'unsupported-layer',
    message: /"shared" \(GroupNormalization\) is called on inputs of several sizes, .*4,4,4.* and .*2,2,4/,
  });
  assert.equal(shared({ class_name: 'Dense', config }).topology.config.layers.length, 3);
});

const array = (value: unknown) => ({ class_name: '__numpy__', config: { value, dtype: 'float32' } });

const refused: Readonly<Record<string, [JsonObject, readonly unknown[], RegExp]>> = {
  'numbers by rows, of which there are as many as channels': [
    { class_name: 'Subtract', module: 'keras.src.ops.numpy' },
    [{ args: [tensor, array([[[1]], [[2]], [[3]]])], kwargs: {} }],
    /operands for which tfjs has no layer/,
  ],
  'a resizing that keeps the ratio': [
    { class_name: 'TFOpLambda', config: { name: 'last', function: 'image.resize' } },
    [[['image', 0, 0, { size: [2, 2], preserve_aspect_ratio: true }]]],
    /has preserve_aspect_ratio=true, which is not supported/,
  ],
  "a class of the user's own that is called as a layer of Keras": [
    { class_name: 'ReLU', module: null, registered_name: 'ReLU', config: { name: 'last', dtype: 'float32' } },
    [{ args: [tensor], kwargs: {} }],
    /is of a class of your own that is called ReLU/,
  ],
  'an operation that is no activation': [
    { class_name: 'MaxPool', module: 'keras.src.ops.nn' },
    [{ args: [tensor], kwargs: {} }],
    /has the operation maxpool, which is not supported/,
  ],
};

for (const [what, [layer, calls, message]] of Object.entries(refused)) {
  test(`${what}: refused by the reason`, () => {
    assert.throws(() => readModelOf(layer, calls), { code: 'unsupported-layer', message });
  });
}
