// Small pictures of photos, for pages that stand alone.

import { decodeImage } from './decode.js';
import { sharp } from './sharp.js';

const side = 112;

/**
 * Makes a picture of a photo, whole, with bars where it is no square.
 * @returns a `data:` URL
 * @throws FinetuneError `bad-image`
 */
export async function makeThumbnail(file: string): Promise<string> {
  const { data, width, height } = await decodeImage(file, {
    size: [side, side],
    channels: 3,
    resize: { method: 'pad', interpolation: 'linear', cropFraction: 1 },
  });
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 70 })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}
