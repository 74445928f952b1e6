// A model that is called twice in another: Keras 3 counts its calls otherwise where it lists outputs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readKerasTopology } from '../../../src/formats/keras/keras-file.js';
import type { JsonObject } from '../../../src/system/json.js';

const image = { class_name: 'InputLayer', name: 'image', config: { batch_shape: [null, 4] } };
const inner = (calls: readonly unknown[]) => ({
  ...{ class_name: 'Dense', name: 'inner', config: { name: 'inner', units: 4, dtype: 'float32' } },
  inbound_nodes: calls,
});
const ends = (outputs: unknown) => ({ input_layers: [['image', 0, 0]], output_layers: outputs });
const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { keras_history: [name, 0, 0] },
});
const old = (name: string, node: number) => [[name, node, 0, {}]];
const recent = (name: string) => ({ args: [tensor(name)], kwargs: {} });

/** A model that calls another one on the image, and again on what that gave. */
function twice(
  { nested, again }: { readonly nested: JsonObject; readonly again: readonly unknown[] },
  outputs: unknown,
) {
  const model = { class_name: 'Functional', name: 'nested', config: nested, inbound_nodes: again };
  const config = { name: 'outer', layers: [image, model], ...ends(outputs) };
  return readKerasTopology({ class_name: 'Functional', config }).topology.config.output_layers;
}

const written = {
  'Keras 2': {
    nested: { name: 'nested', layers: [image, inner([old('image', 0)])], ...ends([['inner', 0, 0]]) },
    again: [old('image', 0), old('nested', 1)],
  },
  'Keras 3': {
    nested: { name: 'nested', layers: [image, inner([recent('image')])], ...ends(['inner', 0, 0]) },
    again: [recent('image'), recent('nested')],
  },
};

for (const [version, calls] of Object.entries(written)) {
  test(`the outputs of a model of ${version} are those of the calls that are meant`, () => {
    assert.deepEqual(twice(calls, [['nested', 2, 0]]), [['inner', 1, 0]]);
    assert.deepEqual(
      twice(calls, [
        ['nested', 1, 0],
        ['nested', 2, 0],
      ]),
      [
        ['inner', 0, 0],
        ['inner', 1, 0],
      ],
    );
  });
}
