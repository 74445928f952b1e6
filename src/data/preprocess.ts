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
  for (const [channel, mean] of means.entries()) {
    // Alpha stays the last.
    const source = channelOrder === 'BGR' && channel < 3 ? 2 - channel : channel;
    const scale = { channel, source, channels: means.length, mean, deviation: std[channel] ?? 1 };
    scaleChannel(values, target, scale);
  }
  return target;
}

interface ChannelScale {
  /** Where the channel is in the target, and where in what is scaled. */
  readonly channel: number;
  readonly source: number;
  readonly channels: number;
  readonly mean: number;
  readonly deviation: number;
}

/** A loop of its own, over plain numbers: it takes half as long as one inside the loop over channels. */
function scaleChannel(
  values: ArrayLike<number>,
  target: Float32Array,
  { channel, source, channels, mean, deviation }: ChannelScale,
): void {
  for (let from = source, to = channel; to < values.length; from += channels, to += channels)
    target[to] = (values[from]! - mean) / deviation;
}
