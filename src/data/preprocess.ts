// The one place where pixels become network input.

import type { Preprocessing } from './image-rules.js';

/**
 * Brings values into the network's channel order and scales them: `(x - mean) / std` per channel.
 * @param values 0..255: `[..., channels]`, grey, grey and alpha, RGB, or RGB and alpha
 * @param target takes the result; a new array where there is none
 * @returns `target`, of the same shape
 */
export function preprocess(
  values: ArrayLike<number>,
  { channelOrder, mean: means, std }: Preprocessing,
  target: Float32Array = new Float32Array(values.length),
): Float32Array {
  const channels = means.length;
  for (const [channel, mean] of means.entries()) {
    // Alpha stays the last.
    const source = channelOrder === 'BGR' && channel < 3 ? 2 - channel : channel;
    const deviation = std[channel] ?? 1;
    for (let pixel = 0; pixel < values.length; pixel += channels)
      target[pixel + channel] = ((values[pixel + source] ?? 0) - mean) / deviation;
  }
  return target;
}
