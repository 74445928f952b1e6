// Image formats by their first bytes. Names of files lie; contents do not.

import { extname } from 'node:path';
import { unreadableJpeg } from './jpeg.js';
import { unreadableTiff } from './tiff.js';

/** A kind of image file that is recognized by its first bytes. */
export interface ImageFormat {
  readonly name: string;
  readonly matches: (head: Buffer) => boolean;
  /** What kind of it cannot be decoded, or undefined; absent where none can. */
  readonly findUnreadable?: (file: Buffer) => string | undefined;
}

/** Whether bytes begin as a JPEG file does. */
export const isJpeg = (head: Buffer) => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;

/** How many bytes `recognizeFormat` wants to see. */
export const headLength = 32;

/** The formats that are read, for messages. */
const readableFormats = 'JPEG, PNG, WebP, GIF, TIFF';

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

const isWebp = (head: Buffer) => startsWith('RIFF')(head) && head.toString('latin1', 8, 12) === 'WEBP';

/** Netpbm: a letter, a number, white space, and a number or a comment. */
const isNetpbm = (head: Buffer) => /^P[1-7]\s+[#\d]/.test(head.toString('latin1', 0, 16));

const isTiff = (head: Buffer) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some(magic => startsWith(magic)(head));

const everyKind = () => undefined;

const formats: readonly ImageFormat[] = [
  { name: 'JPEG', matches: isJpeg, findUnreadable: unreadableJpeg },
  { name: 'PNG', matches: startsWith('\x89PNG\r\n\x1a\n'), findUnreadable: everyKind },
  { name: 'GIF', matches: startsWith('GIF8'), findUnreadable: everyKind },
  { name: 'WebP', matches: isWebp, findUnreadable: everyKind },
  { name: 'TIFF', matches: isTiff, findUnreadable: unreadableTiff },
  { name: 'BMP', matches: isBmp },
  { name: 'HEIC', matches: hasBrand('heic', 'heix', 'hevc', 'heim', 'heis', 'hevm', 'hevs') },
  { name: 'HEIF', matches: hasBrand('mif1', 'msf1') },
  { name: 'AVIF', matches: hasBrand('avif', 'avis') },
  { name: 'JPEG XL', matches: startsWith('\xff\x0a') },
  { name: 'JPEG XL', matches: startsWith('\0\0\0\x0cJXL ') },
  { name: 'JPEG 2000', matches: startsWith('\0\0\0\x0cjP  ') },
  { name: 'JPEG 2000', matches: startsWith('\xff\x4f\xff\x51') },
  { name: 'PPM', matches: isNetpbm },
  { name: 'PSD', matches: startsWith('8BPS') },
  { name: 'ICO', matches: head => startsWith('\0\0\x01\0')(head) && head.length >= 22 && head[9] === 0 },
  { name: 'OpenEXR', matches: startsWith('v/1\x01') },
  { name: 'Radiance HDR', matches: startsWith('#?RADIANCE') },
  { name: 'DDS', matches: startsWith('DDS ') },
  { name: 'a raw photo of a camera', matches: startsWith('FUJIFILMCCD-RAW') },
  { name: 'a raw photo of a camera', matches: startsWith('IIU\0') },
  { name: 'a raw photo of a camera', matches: startsWith('IIRO') },
  { name: 'a raw photo of a camera', matches: hasBrand('crx ') },
  { name: 'JPEG XR', matches: startsWith('II\xbc') },
  { name: 'QOI', matches: startsWith('qoif') },
  { name: 'GIMP file', matches: startsWith('gimp xcf') },
  { name: 'FITS', matches: startsWith('SIMPLE  =') },
];

/** The format that the first bytes of a file tell, if it is an image at all. */
export function recognizeFormat(head: Buffer): ImageFormat | undefined {
  return formats.find(format => format.matches(head));
}

/**
 * Why a file cannot be decoded; undefined where nothing is known against it.
 * @param file its bytes, `headLength` at least; what only the rest would tell is not found without it
 */
export function reasonNotReadable(file: Buffer): string | undefined {
  const format = recognizeFormat(file.subarray(0, headLength));
  if (format === undefined) return `no image: its contents are none of ${readableFormats}`;
  const unreadable = format.findUnreadable === undefined ? format.name : format.findUnreadable(file);
  return unreadable === undefined ? undefined : `${unreadable} is not read: convert it to JPEG or PNG`;
}

const namesIn = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Extensions of image files, read or not. */
const extensions = namesIn(
  'jpg jpeg jpe jfif jif mpo png apng gif webp tif tiff bmp dib heic heif hif heics heifs avif avifs jxl ' +
    'jp2 j2k j2c jpc jpf jpx jxr wdp hdp svg svgz eps ppm pgm pbm pnm pam pfm tga pcx ico cur icns psd psb xcf ' +
    'exr hdr dds qoi sgi ras xbm xpm fits dcm dicom cr2 cr3 crw nef nrw arw sr2 srf dng orf rw2 rwl raf pef srw ' +
    '3fr fff iiq mef mos mrw erf kdc dcr x3f',
);

/** Extensions of archives, videos and documents, which may hold images, but are not looked into. */
const containers = namesIn(
  'zip rar 7z tar gz tgz bz2 xz zst mp4 m4v mov avi mkv webm mpg mpeg wmv 3gp pdf doc docx ppt pptx npy npz h5 hdf5 ' +
    'mat parquet tfrecord',
);

/** Whether a file is meant as an image, by its name. */
export function hasImageExtension(path: string): boolean {
  return extensions.has(extensionOf(path));
}

/** Whether a file may hold images that are not looked for, by its name. */
export function isContainer(path: string): boolean {
  return containers.has(extensionOf(path));
}

function extensionOf(path: string): string {
  return extname(path).slice(1).toLowerCase();
}
