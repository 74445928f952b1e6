// A session that looks at every image twice, as it is and in a mirror, and gives the mean: test-time augmentation.

import type { ImageBatchShape, Session } from './session.js';

/** The same session, whose outputs are means over the image and its mirror. It takes twice the time. */
export function averageOverMirror(session: Session): Session {
  return {
    ...session,
    run: async (input, shape) => {
      const mirrored = mirrorColumns(input, shape);
      const { data, shape: outputShape } = await session.run(input, shape);
      const { data: ofMirror } = await session.run(mirrored, shape);
      return { data: data.map((value, i) => (value + (ofMirror[i] ?? value)) / 2), shape: outputShape };
    },
  };
}

/** Left and right exchanged: `[n, height, width, channels]`. */
function mirrorColumns(input: Float32Array, [, , width, channels]: ImageBatchShape): Float32Array {
  const mirrored = new Float32Array(input.length);
  const row = width * channels;
  for (let start = 0; start < input.length; start += row) {
    for (let column = 0; column < width; column++) {
      const from = start + column * channels;
      mirrored.set(input.subarray(from, from + channels), start + row - (column + 1) * channels);
    }
  }
  return mirrored;
}
