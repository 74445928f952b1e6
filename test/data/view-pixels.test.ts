// Views that are made of decoded pixels.
import assert from 'node:assert/strict';
import test from 'node:test';
import { type DecodeRules, decodeImage } from '../../src/data/decode.js';
import { originalView, type View } from '../../src/data/image-rules.js';
import { viewPixels } from '../../src/data/view-pixels.js';
import { seven } from '../helpers/library.js';

const part = { top: 0.2, left: 0.11, height: 0.55, width: 0.8 };

const views: Record<string, Partial<View>> = {
  'the image as it is': {},
  'its mirror': { mirrored: true },
  'a part': { part },
  'a single pixel': { part: { ...part, height: 0.001, width: 0.001 } },
  'a part in a mirror, turned and recoloured': {
    ...{ part, mirrored: true },
    change: { rotation: 20, contrast: 0.7 },
  },
};

const rules: DecodeRules = {
  ...{ size: [28, 28], channels: 1 },
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
};

for (const [what, changes] of Object.entries(views)) {
  test(`Of an image that has the network's size, ${what} is what the decoder makes of the file`, async () => {
    const view = { ...originalView, ...changes };
    const pixels = await decodeImage(seven, rules);
    const kept = Uint8Array.from(pixels.data);
    assert.deepEqual(
      await viewPixels(pixels, view, rules.resize.interpolation),
      await decodeImage(seven, rules, { view }),
    );
    assert.deepEqual(pixels.data, kept);
  });
}
