// Layers that are quicker here than as tfjs has them, and compute the same.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { planConvnet } from '../../src/backbones/architectures/convnet.js';
import { startEngine } from '../../src/engines/start.js';
import { toArtifacts } from '../../src/formats/tfjs-layers/layers-model.js';
import { drawWeights } from '../../src/training/initialize.js';
import { seedDropout } from '../../src/training/layers.js';
import { openModel } from '../../src/training/model.js';
import { seededRandom } from '../../src/training/random.js';
import { assertClose, random } from '../engines/compare.js';

const network = drawWeights(planConvnet({ inputShape: [15, 14, 2], classes: 3 }), 1);
let [own, plain]: (LayersModel | undefined)[] = [];
before(async () => {
  await startEngine('auto');
  own = await openModel(network);
  plain = await loadLayersModel(tf.io.fromMemory(toArtifacts(network)));
});

const images = () => random([4, 15, 14, 2], 3);

test('Bias and relu after the pooling give what they give before it', () => {
  const [actual, expected] = [own, plain].map(model => (model!.predict(images()) as tf.Tensor).dataSync());
  assertClose(actual!, expected!, 1e-6, 'probabilities');
});

test('and so are the gradients of all weights', () => {
  const gradients = [own, plain].map(model => {
    const { grads } = tf.variableGrads(() => {
      const probabilities = model!.apply(images(), { training: false }) as tf.Tensor;
      return tf.sum(tf.mul(probabilities, random([4, 3], 5))) as tf.Scalar;
    });
    return model!.trainableWeights.map(weight => grads[(weight.read() as tf.Variable).name]!.dataSync());
  });
  for (const [i, expected] of gradients[1]!.entries())
    assertClose(gradients[0]![i]!, expected, 1e-5, `weight ${i}`);
});

test('Dropout drops its share, makes up for it, and drops the same units for the same seed', () => {
  const dropout = own!.layers.find(layer => layer.getClassName() === 'Dropout')!;
  const values = (seed: number): number[] => {
    seedDropout(own!, seededRandom(seed));
    return [...(dropout.call(tf.ones([50, 100]), { training: true }) as tf.Tensor).dataSync()];
  };
  const first = values(1);
  const kept = first.filter(value => value === 2).length;
  assert.equal(first.filter(value => value === 0).length, 5000 - kept);
  assert.ok(Math.abs(kept - 2500) < 150, String(kept));
  assert.deepEqual(values(1), first);
  assert.notDeepEqual(values(2), first);
  const untouched = dropout.call(tf.ones([2]), { training: false }) as tf.Tensor;
  assert.deepEqual([...untouched.dataSync()], [1, 1]);
});
