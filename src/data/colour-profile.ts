// Colour profiles that change nothing. Most photos embed sRGB's own, and converting from sRGB to sRGB
// costs as much as all the rest of decoding a small JPEG.

import { createHash } from 'node:crypto';
import sharp from 'sharp';

/** Largest difference, of 255, that still counts as nothing: rounding alone makes 1 or 2. */
const tolerance = 2;

/** Photos of one data set come from few cameras; more profiles than this are forgotten and tried again. */
const mostProfiles = 256;

const verdicts = new Map<string, Promise<boolean>>();

/**
 * Whether a JPEG embeds an RGB profile that leaves every colour as it is, so that it need not be applied.
 * Decided once per profile by applying it to all colours of a coarse grid.
 * @param jpeg the bytes of a file; anything but a JPEG is answered with false
 */
export async function hasNeutralProfile(jpeg: Buffer): Promise<boolean> {
  const segment = findProfileSegment(jpeg);
  if (segment === undefined) return false;
  const key = createHash('sha256').update(segment).digest('base64');
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  if (verdicts.size >= mostProfiles) verdicts.clear();
  const verdict = leavesColoursAlone(segment).catch(() => false);
  verdicts.set(key, verdict);
  return verdict;
}

const marker = { prefix: 0xff, startOfImage: 0xd8, startOfScan: 0xda, app2: 0xe2 };

const signature = Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1');

/** The APP2 segment, marker included, of an RGB profile that fits in one; larger ones are rare and simply applied. */
function findProfileSegment(jpeg: Buffer): Buffer | undefined {
  if (jpeg[0] !== marker.prefix || jpeg[1] !== marker.startOfImage) return undefined;
  let start = 2;
  while (
    start + 4 <= jpeg.length &&
    jpeg[start] === marker.prefix &&
    jpeg[start + 1] !== marker.startOfScan
  ) {
    const end = start + 2 + jpeg.readUInt16BE(start + 2);
    if (end > jpeg.length) return undefined;
    if (jpeg[start + 1] === marker.app2 && jpeg.subarray(start + 4, end).indexOf(signature) === 0) {
      const profile = jpeg.subarray(start + 4 + signature.length, end);
      return profile.toString('latin1', 16, 20) === 'RGB ' ? jpeg.subarray(start, end) : undefined;
    }
    start = end;
  }
  return undefined;
}

async function leavesColoursAlone(segment: Buffer): Promise<boolean> {
  const grid = await colourGrid();
  const tagged = Buffer.concat([grid.subarray(0, 2), segment, grid.subarray(2)]);
  const decode = (ignoreIcc: boolean) => sharp(tagged, { ignoreIcc }).raw().toBuffer();
  const [plain, converted] = await Promise.all([decode(true), decode(false)]);
  return (
    plain.length === converted.length &&
    plain.every((value, i) => Math.abs(value - converted[i]!) <= tolerance)
  );
}

/** A JPEG of 16 x 16 x 16 colours. */
async function colourGrid(): Promise<Buffer> {
  const side = 16;
  const pixels = Buffer.alloc(side ** 3 * 3);
  for (let i = 0; i < side ** 3; i++) {
    const levels = [i % side, Math.floor(i / side) % side, Math.floor(i / side ** 2)];
    levels.forEach((level, channel) => {
      pixels[i * 3 + channel] = (level * 255) / (side - 1);
    });
  }
  const raw = { width: side ** 2, height: side, channels: 3 } as const;
  return sharp(pixels, { raw }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
}
