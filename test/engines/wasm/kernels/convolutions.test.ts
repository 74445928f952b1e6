// Convolutions and their gradients on the wasm engine, against tfjs' plain JavaScript backend.
import test, { before } from 'node:test';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../../../src/engines/start.js';
import { assertClose, random, valuesOn } from '../../compare.js';

before(async () => {
  await startEngine('wasm');
});

type Shape4D = [number, number, number, number];

const images: Shape4D[] = [
  [2, 7, 7, 3],
  [3, 6, 9, 2],
  [1, 5, 4, 50],
  // More output pixels than one product takes.
  [3, 30, 33, 4],
];
const filters = [
  [1, 1],
  [3, 3],
  [2, 4],
  [4, 5],
] as const;
const strides: [number, number][] = [
  [1, 1],
  [2, 2],
  [1, 3],
  // Windows that leave pixels out, on one axis or both.
  [3, 4],
];
const paddings = [
  'same',
  'valid',
  [
    [0, 0],
    [2, 1],
    [0, 3],
    [0, 0],
  ],
] as const;

/** Every combination in which the filter fits; few of them on many pixels, which take the JavaScript backend long. */
const grid = images
  .flatMap(image =>
    filters.flatMap(filter =>
      strides.flatMap(stride => paddings.map(pad => ({ image, filter, stride, pad }))),
    ),
  )
  .filter(({ image, filter, pad }) => pad !== 'valid' || (filter[0] <= image[1] && filter[1] <= image[2]))
  .filter(({ image, stride }) => image[1] < 30 || stride[0] === 1);

/** The output, and gradients of both arguments for a random gradient of it. */
function outputAndGradients(
  image: Shape4D,
  filter: Shape4D,
  convolve: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor4D,
): () => tf.Tensor[] {
  return () => {
    const [x, weights] = [random(image, 1), random(filter, 2)] as [tf.Tensor4D, tf.Tensor4D];
    const output = convolve(x, weights);
    const differentiate = tf.grads(convolve as (...inputs: tf.Tensor[]) => tf.Tensor);
    return [output, ...differentiate([x, weights], random(output.shape, 3))];
  };
}

for (const [kind, convolve] of Object.entries({ conv2d: tf.conv2d, depthwiseConv2d: tf.depthwiseConv2d })) {
  test(`${kind}: the output and both gradients agree with the JavaScript backend in every shape, stride and padding`, async () => {
    for (const { image, filter, stride, pad } of grid) {
      const shape: Shape4D = [...filter, image[3], kind === 'conv2d' ? 5 : 2];
      const compute = outputAndGradients(image, shape, (x, weights) =>
        convolve(x, weights, stride, pad as 'same'),
      );
      const [actual, expected] = [await valuesOn('wasm', compute), await valuesOn('cpu', compute)];
      const of = JSON.stringify({ image, filter, stride, pad });
      for (const [index, each] of actual.entries())
        assertClose(each, expected[index]!, 1e-5, `${of} ${index}`);
    }
  });
}

for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const) {
  test(`A dilated convolution with bias and ${activation} agrees with the JavaScript backend`, async () => {
    const compute = () => {
      const [x, filter] = [random([2, 9, 8, 6], 1), random([3, 3, 6, 5], 2)] as [tf.Tensor4D, tf.Tensor4D];
      const bias = random([5], 3);
      return [
        tf.fused.conv2d({
          x,
          filter,
          bias,
          activation,
          leakyreluAlpha: 0.2,
          strides: 1,
          pad: 'same',
          dilations: [2, 1],
        }),
      ];
    };
    const [[actual], [expected]] = [await valuesOn('wasm', compute), await valuesOn('cpu', compute)];
    assertClose(actual!, expected!, 1e-5, activation);
  });
}

/** That backend, too, divides an average's gradient by what lies outside (avg-pool-gradient.test.ts). */
const pads = { maxPool: ['same', 'valid'], avgPool: ['valid'] };

for (const [kind, pool] of Object.entries({ maxPool: tf.maxPool, avgPool: tf.avgPool })) {
  test(`${kind}: the gradient agrees with the JavaScript backend`, async () => {
    const known = grid.filter(({ pad }) => pads[kind as keyof typeof pads].includes(String(pad)));
    for (const { image, filter, stride, pad } of known) {
      const compute = () => {
        const x = random(image, 1) as tf.Tensor4D;
        const pooled = (each: tf.Tensor4D) => pool(each, [...filter], stride, pad as 'same');
        return [tf.grad(pooled as (x: tf.Tensor) => tf.Tensor)(x, random(pooled(x).shape, 2))];
      };
      const [[actual], [expected]] = [await valuesOn('wasm', compute), await valuesOn('cpu', compute)];
      assertClose(actual!, expected!, 1e-5, JSON.stringify({ image, filter, stride, pad }));
    }
  });
}
