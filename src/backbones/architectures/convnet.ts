// A small ConvNet for small images, to be trained from scratch: that of Keras' example for MNIST
// (https://keras.io/examples/vision/mnist_convnet), for any size and number of channels.

import { refuseOption } from '../../errors.js';
import { NetworkBuilder } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';

/** The name under which it is asked for. */
export const convnetName = 'convnet';

/** What it takes and gives. */
export interface ConvnetPlan {
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly classes: number;
}

/** Two convolutions of 3x3 without padding, each followed by a pooling of 2x2, leave something of 10 pixels. */
const leastSide = 10;

/**
 * Plans the ConvNet: 34,826 parameters for 28x28 grey pixels and ten classes.
 * @throws FinetuneError `bad-option` for images that are too small for it
 */
export function planConvnet({ inputShape, classes }: ConvnetPlan): FunctionalConfig {
  const [height, width] = inputShape;
  if (Math.min(height, width) < leastSide) {
    refuseOption(
      `${convnetName} takes images from ${leastSide}x${leastSide} pixels on. Received: --input-shape ${height}x${width}.`,
    );
  }
  const build = new NetworkBuilder();
  let x = build.input('input_layer', inputShape);
  x = build.conv(x, { name: 'conv2d', filters: 32, size: 3, activation: 'relu' });
  x = build.maxPool(x, { name: 'max_pooling2d', size: 2 });
  x = build.conv(x, { name: 'conv2d_1', filters: 64, size: 3, activation: 'relu' });
  x = build.maxPool(x, { name: 'max_pooling2d_1', size: 2 });
  x = build.add('Flatten', [x], { name: 'flatten', data_format: 'channels_last' });
  x = build.dropout(x, { name: 'dropout', rate: 0.5 });
  x = build.dense(x, { name: 'dense', units: classes, activation: 'softmax' });
  return build.topology(convnetName, x);
}
