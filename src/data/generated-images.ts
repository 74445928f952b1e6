// Made-up photos, for measurements that have to run where there are none.

import type { Channels, Pixels, Size } from './image-rules.js';

const imageCount = 8;

/** Eight images of smooth coloured waves: always the same, and nothing like noise, which no network was trained on. */
export function generateImages([height, width]: Size, channels: Channels = 3): Pixels[] {
  return Array.from({ length: imageCount }, (_, image) => ({
    data: Uint8Array.from({ length: height * width * channels }, (_value, i) => {
      const channel = i % channels;
      const x = Math.floor(i / channels) % width;
      const y = Math.floor(i / (channels * width));
      const wave = (step: number) =>
        Math.sin(
          ((image * 7 + channel * 3 + step * 5) % 11) +
            (x * (step + image)) / 29 +
            (y * (step * 2 + channel)) / 37,
        );
      return Math.round(127.5 + 42 * (wave(1) + wave(2) + wave(4)));
    }),
    height,
    width,
    channels,
  }));
}
