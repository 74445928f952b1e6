// What a TIFF file holds, by the tags of its first directory (TIFF 6.0): the decoder takes kinds that it gets wrong.

/** Tags by their numbers. */
const tags = {
  newSubfileType: 254,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  sampleFormat: 339,
  dngVersion: 50706,
} as const;

const yCbCr = 6;
const jpegCompression = 7;

/** Kinds of pixels that are read, with their channels: white is 0, black is 0, RGB, palette, CMYK, and YCbCr as JPEG. */
const channelsOfPixels: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 3],
  [3, 1],
  [5, 4],
  [yCbCr, 3],
]);

/** Others, as far as they have a name. */
const unreadablePixels: ReadonlyMap<number, string> = new Map([
  [4, 'TIFF that is a mask'],
  [8, 'TIFF in Lab'],
  [9, 'TIFF in Lab'],
  [10, 'TIFF in Lab'],
  [32803, 'a raw photo of a camera'],
  [32844, 'TIFF in LogL'],
  [32845, 'TIFF in LogLuv'],
  [34892, 'a raw photo of a camera'],
]);

/** What a channel beside the colours is where it is alpha, multiplied into them or not. */
const alphas: readonly number[] = [1, 2];

/** The decoder is built without these. */
const unreadableCompressions: ReadonlyMap<number, string> = new Map([
  [6, 'old-style JPEG'],
  [34712, 'JPEG 2000'],
  [34925, 'LZMA'],
  [50000, 'ZSTD'],
  [50001, 'WebP'],
  [50002, 'JPEG XL'],
]);

/**
 * What kind of TIFF this is, if it is one that is not read.
 * @param tiff the bytes of the file
 */
export function unreadableTiff(tiff: Buffer): string | undefined {
  const values = readFirstDirectory(tiff);
  const first = (tag: number, fallback: number) => values.get(tag) ?? fallback;
  if (values.has(tags.dngVersion) || (first(tags.newSubfileType, 0) & 1) === 1)
    return 'a raw photo of a camera';
  const compression = first(tags.compression, 1);
  const coding = unreadableCompressions.get(compression);
  if (coding !== undefined) return `TIFF with ${coding} compression`;
  const pixels = first(tags.photometric, 2);
  const channels = channelsOfPixels.get(pixels);
  if (channels === undefined) return unreadablePixels.get(pixels) ?? `TIFF with pixels of kind ${pixels}`;
  if (pixels === yCbCr && compression !== jpegCompression) return 'TIFF in YCbCr';
  if (first(tags.sampleFormat, 1) === 3) return 'TIFF with floating-point samples';
  if (first(tags.sampleFormat, 1) !== 1) return 'TIFF with samples other than whole numbers from 0';
  const samples = first(tags.samplesPerPixel, 1);
  const bits = first(tags.bitsPerSample, 1);
  if (!(samples === 1 ? [1, 2, 4, 8, 16] : [8, 16]).includes(bits)) return `TIFF with ${bits} bits a sample`;
  if (samples > 4) return `TIFF with ${samples} channels`;
  // Writers that leave the tag out mean alpha: so Pillow takes it, too.
  const isAlpha = samples === channels + 1 && alphas.includes(first(tags.extraSamples, 2));
  return samples > channels && !isAlpha ? 'TIFF with a channel that is neither colour nor alpha' : undefined;
}

/** Bytes of a value, by the type of an entry. */
const typeSizes: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [3, 2],
  [4, 4],
  [16, 8],
]);

/** The first value of each whole-number entry of the first directory; nothing where it is damaged. */
export function readFirstDirectory(tiff: Buffer): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  const read = readerOf(tiff);
  const isBig = read(2, 2) === 43;
  const [countSize, entrySize, valueSize] = isBig ? [8, 20, 8] : [2, 12, 4];
  const directory = isBig ? read(8, 8) : read(4, 4);
  const count = Math.min(read(directory, countSize), 1000);
  for (let i = 0; i < count; i++) {
    const entry = directory + countSize + i * entrySize;
    const size = typeSizes.get(read(entry + 2, 2));
    if (size === undefined) continue;
    const length = read(entry + 4, valueSize) * size;
    const field = entry + 4 + valueSize;
    const at = length <= valueSize ? field : read(field, valueSize);
    values.set(read(entry, 2), read(at, size));
  }
  return values;
}

/** Reads whole numbers in the file's byte order; 0 beyond its end. */
function readerOf(tiff: Buffer): (at: number, size: number) => number {
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  return (at, size) => {
    if (!(at >= 0 && at + size <= tiff.length)) return 0;
    if (size === 8) return Number(isLittle ? tiff.readBigUInt64LE(at) : tiff.readBigUInt64BE(at));
    return isLittle ? tiff.readUIntLE(at, size) : tiff.readUIntBE(at, size);
  };
}
