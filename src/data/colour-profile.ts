// Embedded colour profiles of JPEGs. Applying one in the decoder costs more than all the rest of decoding a small photo,
// half of it to set up the conversion. Here that is done once per profile, on a grid of colours; photos of one data set
// come from few cameras.

import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { convertColours, gridColours, gridPicture } from './colour-table.js';
import { headerSegments, jpegMarkers } from './jpeg.js';
import { renderPngChunk } from './png-chunks.js';
import { sharp } from './sharp.js';

/** Converts the pixels of a photo, RGB bytes, to sRGB, in place. */
export type ColourConversion = (pixels: Uint8Array) => void;

/** Largest difference, of 255, that still counts as nothing: rounding alone makes 1 or 2. */
const tolerance = 2;

/** More profiles than this are forgotten and tried again: a table takes 100 KB. */
const mostProfiles = 128;

const conversions = new Map<string, Promise<ColourConversion | undefined>>();

/**
 * What a JPEG's RGB profile makes of colours. Most photos embed sRGB's own profile, which changes nothing.
 * @param jpeg the bytes of a file
 * @returns nothing for anything but such a JPEG: the decoder has to apply what there is
 */
export async function findConversion(jpeg: Buffer): Promise<ColourConversion | undefined> {
  const profile = findProfile(jpeg);
  if (profile === undefined) return undefined;
  const key = createHash('sha256').update(profile).digest('base64');
  const known = conversions.get(key);
  if (known !== undefined) return known;
  if (conversions.size >= mostProfiles) conversions.clear();
  const conversion = makeConversion(profile).catch(() => undefined);
  conversions.set(key, conversion);
  return conversion;
}

const signature = Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1');

/** The RGB profile of a JPEG, if it fits in one segment; larger ones are rare and left to the decoder. */
function findProfile(file: Buffer): Buffer | undefined {
  for (const { marker, body } of headerSegments(file)) {
    if (marker !== jpegMarkers.colourProfile || body.indexOf(signature) !== 0) continue;
    const profile = body.subarray(signature.length);
    return profile.toString('latin1', 16, 20) === 'RGB ' ? profile : undefined;
  }
  return undefined;
}

const leaveColours: ColourConversion = () => undefined;

/** Has the decoder apply the profile to the grid. */
async function makeConversion(profile: Buffer): Promise<ColourConversion> {
  grid ??= drawGrid();
  const { colours, png } = await grid;
  const table = await sharp(embedProfile(png, profile)).raw().toBuffer();
  const isNeutral = colours.every((value, i) => Math.abs(value - table[i]!) <= tolerance);
  return isNeutral ? leaveColours : pixels => convertColours(table, pixels);
}

let grid: ReturnType<typeof drawGrid> | undefined;

/** The grid's colours, and a picture of them as PNG, which keeps every one. */
async function drawGrid(): Promise<{ colours: Uint8Array; png: Buffer }> {
  const colours = gridColours();
  return { colours, png: await sharp(colours, { raw: gridPicture }).png({ compressionLevel: 1 }).toBuffer() };
}

/** Signature and header chunk, which everything else follows. */
const pngHeadLength = 8 + 25;

/** A PNG with an `iCCP` chunk (PNG specification, section 11.3.2.3). */
function embedProfile(png: Buffer, profile: Buffer): Buffer {
  const named = Buffer.from('profile\0\0', 'latin1');
  const chunk = renderPngChunk('iCCP', Buffer.concat([named, deflateSync(profile)]));
  return Buffer.concat([png.subarray(0, pngHeadLength), chunk, png.subarray(pngHeadLength)]);
}
