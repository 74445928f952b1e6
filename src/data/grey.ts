// Colours to grey, as Pillow and TensorFlow do it, and back.

import type { Pixels } from './image-rules.js';

/** Pillow's whole numbers for ITU-R 601's weights, in parts of 65536. */
const weights = { red: 19595, green: 38470, blue: 7471 };

/**
 * RGB to grey, or RGB and alpha to grey and alpha.
 * @param channels of the result
 */
export function toGrey({ data: colours, ...size }: Pixels, channels: 1 | 2): Pixels {
  const step = channels + 2;
  const data = new Uint8Array((colours.length / step) * channels);
  for (let from = 0, to = 0; from < colours.length; from += step, to += channels) {
    const [red, green, blue] = [colours[from]!, colours[from + 1]!, colours[from + 2]!];
    data[to] = (red * weights.red + green * weights.green + blue * weights.blue + 32768) >> 16;
    if (channels === 2) data[to + 1] = colours[from + 3]!;
  }
  return { ...size, data, channels };
}

/** Grey to RGB of the same brightness. */
export function toRgb({ data: grey, height, width }: Pixels): Pixels {
  const data = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) data.fill(grey[i]!, i * 3, i * 3 + 3);
  return { data, height, width, channels: 3 };
}
