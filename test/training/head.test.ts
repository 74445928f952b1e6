// The head as layers of a saved model: plain tfjs reads them and answers as predictHead does.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { models } from '@tensorflow/tfjs-layers';
import { startEngine } from '../../src/engines/start.js';
import { type DenseWeights, type HeadOptions, headLayers, predictHead } from '../../src/training/head.js';
import { seededRandom } from '../../src/training/random.js';

before(async () => {
  await startEngine('auto');
});

const random = seededRandom(1);
const draw = (length: number) => Float32Array.from({ length }, () => random() - 0.5);

function drawWeights(sizes: readonly number[]): DenseWeights[] {
  return sizes.slice(1).map((units, i) => ({ kernel: draw(sizes[i]! * units), bias: draw(units) }));
}

/** What plain tfjs answers for feature maps `[2, 3, 4, 5]`. */
async function answerOf(
  { layers, weights }: ReturnType<typeof headLayers>,
  maps: tf.Tensor4D,
): Promise<Float32Array> {
  const [first, ...rest] = layers;
  const input = { ...first!, config: { ...first!.config, batch_input_shape: [null, 3, 4, 5] } };
  const topology = { class_name: 'Sequential', config: { name: 'head', layers: [input, ...rest] } };
  const model = await models.modelFromJSON({ modelTopology: JSON.parse(JSON.stringify(topology)) });
  model.setWeights(weights.map(({ data, shape }) => tf.tensor(data, [...shape])));
  return (model.predict(maps) as tf.Tensor).dataSync<'float32'>();
}

const poolings: Record<HeadOptions['pooling'], (maps: tf.Tensor4D) => tf.Tensor> = {
  avg: maps => tf.mean(maps, [1, 2]),
  max: maps => tf.max(maps, [1, 2]),
  flatten: maps => tf.reshape(maps, [2, 60]),
};

for (const [pooling, pool] of Object.entries(poolings)) {
  for (const { hidden, dropout } of [
    { hidden: [], dropout: 0 },
    { hidden: [], dropout: 0.3 },
    { hidden: [7, 6], dropout: 0.5 },
  ]) {
    test(`Plain tfjs reads a head of ${pooling} pooling, hidden layers [${hidden}], dropout ${dropout}`, async () => {
      const maps = tf.tensor4d(draw(120), [2, 3, 4, 5]);
      const weights = drawWeights([pooling === 'flatten' ? 60 : 5, ...hidden, 3]);
      const options = { pooling: pooling as HeadOptions['pooling'], hidden, dropout, classes: 3 };
      const expected = await answerOf(headLayers(options, weights), maps);
      const actual = predictHead(weights, pool(maps).dataSync<'float32'>());
      assert.equal(actual.length, 6);
      actual.forEach((probability, i) => {
        assert.ok(Math.abs(probability - expected[i]!) < 1e-6);
      });
    });
  }
}

const orders: { options: Partial<HeadOptions>; names: string[] }[] = [
  { options: {}, names: ['head_pooling', 'predictions'] },
  { options: { dropout: 0.3 }, names: ['head_pooling', 'head_dropout_1', 'predictions'] },
  { options: { hidden: [4] }, names: ['head_pooling', 'head_dense_1', 'predictions'] },
  {
    options: { hidden: [4, 3], dropout: 0.3 },
    names: [
      'head_pooling',
      'head_dense_1',
      'head_dropout_1',
      'head_dense_2',
      'head_dropout_2',
      'predictions',
    ],
  },
];

for (const { options, names } of orders) {
  test(`The layers of ${JSON.stringify(options)} are ${names.join(', ')}`, () => {
    const head = { pooling: 'avg', hidden: [], dropout: 0, classes: 2, ...options } as const;
    const { layers, weights } = headLayers(head, drawWeights([5, ...head.hidden, 2]));
    assert.deepEqual(
      layers.map(({ config }) => config.name),
      names,
    );
    assert.equal(weights.at(-2)!.name, 'predictions/kernel');
  });
}

test('More images than fit at once are answered in order, and no tensor is left', () => {
  const weights = drawWeights([4, 3]);
  const features = draw(4 * 700);
  const { numTensors } = tf.memory();
  const all = predictHead(weights, features);
  assert.deepEqual(all.slice(3 * 600, 3 * 601), predictHead(weights, features.slice(4 * 600, 4 * 601)));
  assert.equal(tf.memory().numTensors, numTensors);
});
