// Image formats by their first bytes. Names of files lie; contents do not.

/** A kind of image file that is recognized by its first bytes. */
export interface ImageFormat {
  readonly name: string;
  /** Whether `decodeImage` reads it. */
  readonly readable: boolean;
  readonly matches: (head: Buffer) => boolean;
}

/** How many bytes `recognizeFormat` wants to see. */
export const headLength = 32;

/** The formats that are read, for messages. */
export const readableFormats = 'JPEG, PNG, WebP, GIF, TIFF';

const startsWith = (text: string) => (head: Buffer) =>
  head.subarray(0, text.length).equals(Buffer.from(text, 'latin1'));

/** ISO media files (`ftyp`) tell their kind by brand. */
const hasBrand =
  (...brands: string[]) =>
  (head: Buffer) =>
    head.toString('latin1', 4, 8) === 'ftyp' && brands.includes(head.toString('latin1', 8, 12));

/** `BM` alone opens many a text: the size of the header that follows settles it. */
const isBmp = (head: Buffer) =>
  startsWith('BM')(head) &&
  head.length >= 18 &&
  [12, 40, 52, 56, 64, 108, 124].includes(head.readUInt32LE(14));

const formats: readonly ImageFormat[] = [
  { name: 'JPEG', readable: true, matches: startsWith('\xff\xd8\xff') },
  { name: 'PNG', readable: true, matches: startsWith('\x89PNG\r\n\x1a\n') },
  { name: 'GIF', readable: true, matches: startsWith('GIF8') },
  {
    name: 'WebP',
    readable: true,
    matches: head => startsWith('RIFF')(head) && head.toString('latin1', 8, 12) === 'WEBP',
  },
  { name: 'TIFF', readable: true, matches: startsWith('II*\0') },
  { name: 'TIFF', readable: true, matches: startsWith('MM\0*') },
  { name: 'BMP', readable: false, matches: isBmp },
  { name: 'HEIC', readable: false, matches: hasBrand('heic', 'heix', 'hevc', 'heim', 'mif1', 'msf1') },
  { name: 'AVIF', readable: false, matches: hasBrand('avif', 'avis') },
  { name: 'JPEG XL', readable: false, matches: startsWith('\xff\x0a') },
  { name: 'JPEG XL', readable: false, matches: startsWith('\0\0\0\x0cJXL ') },
  { name: 'JPEG 2000', readable: false, matches: startsWith('\0\0\0\x0cjP  ') },
];

/** The format that the first bytes of a file tell, if it is an image at all. */
export function recognizeFormat(head: Buffer): ImageFormat | undefined {
  return formats.find(format => format.matches(head));
}

/** Why bytes of this format (undefined: of none) cannot be decoded; undefined where they can. */
export function reasonNotReadable(format: ImageFormat | undefined): string | undefined {
  if (format === undefined) return `no image: its contents are none of ${readableFormats}`;
  if (format.readable) return undefined;
  return `${format.name} is not read: convert it to JPEG or PNG`;
}

/** Whether a file is meant as an image, by its name. */
export function hasImageExtension(path: string): boolean {
  return /\.(jpe?g|jpe|jfif|png|gif|webp|tiff?|bmp|hei[cf]|avif|jxl|jp2|svg)$/i.test(path);
}
