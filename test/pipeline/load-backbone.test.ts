import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackbone } from '../../src/pipeline/load-backbone.js';

const name = 'efficientnet-lite0';

test('a backbone without its top is a tfjs model of which every layer is frozen', async () => {
  const model = await loadBackbone({ name });
  const before = tf.memory().numTensors - model.weights.length;
  assert.deepEqual(model.outputs[0]!.shape, [null, 7, 7, 1280]);
  assert.deepEqual(model.trainableWeights, []);
  assert.ok(model.weights.length > 100);
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('cut, input shape and top are as asked for', async () => {
  const cut = await loadBackbone({ name, cut: 'block3b_add', inputShape: [96, 128] });
  assert.deepEqual(cut.outputs[0]!.shape, [null, 12, 16, 40]);
  const open = await loadBackbone({ name, inputShape: [null, null] });
  assert.deepEqual(open.outputs[0]!.shape, [null, null, null, 1280]);
  const top = await loadBackbone({ name, includeTop: true });
  assert.deepEqual(top.outputs[0]!.shape, [null, 1000]);
  const scores = tf.tidy(() => top.predict(tf.zeros([1, 224, 224, 3])) as tf.Tensor);
  assert.ok(Math.abs(tf.sum(scores).dataSync()[0]! - 1) < 1e-4);
});

test('what cannot be had is refused with a message', async () => {
  await assert.rejects(
    loadBackbone({ name, includeTop: true, inputShape: [96, 96] }),
    /takes images of exactly 224x224/,
  );
  await assert.rejects(loadBackbone({ name, cut: 'block9' }), /no layer "block9"/);
  await assert.rejects(
    loadBackbone({ name, inputshape: [96, 96] } as never),
    /Unknown option "inputshape"\. Did you mean inputShape\?/,
  );
  await assert.rejects(loadBackbone({ name }, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  await assert.rejects(
    loadBackbone({ name: 'vgg16', includeTop: true }),
    /finetune prepare vgg16 --include-top/,
  );
});
