import { describe, test } from 'node:test';
import { layers as make } from '@tensorflow/tfjs-layers';
import { assertParity, chain } from './parity.js';

describe('Keras padding at every size', () => {
  const padding = [
    [2, 1],
    [0, 3],
  ] as [[number, number], [number, number]];
  const followers = {
    'max pooling': make.maxPooling2d({ poolSize: 3, strides: 2 }),
    'max pooling that pads itself': make.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    'average pooling': make.averagePooling2d({ poolSize: 3, strides: 2 }),
    'average pooling that pads itself': make.averagePooling2d({ poolSize: 2, strides: 2, padding: 'same' }),
    'a convolution that pads itself': make.conv2d({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }),
  };
  for (const [name, follower] of Object.entries(followers)) {
    test(`zeros around the image stay zeros before ${name}`, async () => {
      const build = chain(make.zeroPadding2d({ padding }), follower);
      await assertParity(build, [7, 9, 3]);
    });
    test(`zeros around an image of open size stay zeros before ${name}`, async () => {
      const build = chain(make.zeroPadding2d({ padding }), follower);
      await assertParity(build, [7, 9, 3], [null, null, 3]);
    });
  }

  for (const size of [5, 6, 7, 8, 9]) {
    for (const strides of [1, 2, 3]) {
      for (const kernelSize of [1, 2, 3, 4, 5]) {
        const config = { kernelSize, strides, padding: 'same' } as const;
        const build = chain(
          make.conv2d({ filters: 2, ...config }),
          make.maxPooling2d({ poolSize: 2, strides: 2, padding: 'same' }),
        );
        const sizes = `${size}x${size + 1}, kernel ${kernelSize}, stride ${strides}`;
        test(`${sizes}`, () => assertParity(build, [size, size + 1, 3]));
        test(`${sizes}, open size`, () => assertParity(build, [size, size + 1, 3], [null, null, 3]));
      }
    }
  }
});
