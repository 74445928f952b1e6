// The structure of a JPEG file, by its markers (ITU-T T.81, annex B): what kind it is before anything is decoded.

import { readFirstDirectory } from './tiff.js';

/** One marker and, where it has any, its parameters. */
export interface Segment {
  /** The byte after 0xff. */
  readonly marker: number;
  /** Without marker and length. */
  readonly body: Buffer;
  /** Where the next one begins; after a start of scan, where the entropy-coded data begins. */
  readonly end: number;
}

/** Second bytes of markers. */
export const jpegMarkers = {
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  huffmanTables: 0xc4,
  restartInterval: 0xdd,
  exif: 0xe1,
  colourProfile: 0xe2,
} as const;

const prefix = 0xff;

/** What the frame header (SOFn) says. */
export interface JpegFrame {
  /** The byte after 0xff, which tells how the image is coded. */
  readonly marker: number;
  readonly precision: number;
  readonly height: number;
  readonly width: number;
  readonly components: readonly JpegComponent[];
}

/** One colour of a frame, with its sampling factors. */
export interface JpegComponent {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
}

/**
 * Reads the segment at a place.
 * @returns undefined where there is none, or it does not end within the file
 */
export function readSegment(jpeg: Buffer, start: number): Segment | undefined {
  let at = start;
  if (jpeg[at] !== prefix) return undefined;
  // Any number of fill bytes may stand before a marker.
  while (jpeg[at + 1] === prefix) at++;
  const marker = jpeg[at + 1];
  if (marker === undefined || marker === 0) return undefined;
  if (!hasParameters(marker)) return { marker, body: jpeg.subarray(0, 0), end: at + 2 };
  if (at + 4 > jpeg.length) return undefined;
  const end = at + 2 + jpeg.readUInt16BE(at + 2);
  return end > jpeg.length || end < at + 4 ? undefined : { marker, body: jpeg.subarray(at + 4, end), end };
}

function hasParameters(marker: number): boolean {
  return marker !== 0x01 && !(marker >= 0xd0 && marker <= 0xd9);
}

/** The segments up to the first scan, that one included; it ends early where the file is damaged. */
export function* headerSegments(jpeg: Buffer): Generator<Segment> {
  for (let segment = readSegment(jpeg, 0); segment !== undefined; segment = readSegment(jpeg, segment.end)) {
    yield segment;
    if (segment.marker === jpegMarkers.startOfScan) return;
  }
}

/** The parameters of a frame header; undefined for any other segment. */
export function readFrame({ marker, body }: Segment): JpegFrame | undefined {
  const isTable = marker === jpegMarkers.huffmanTables || marker === 0xc8 || marker === 0xcc;
  if (marker !== 0xf7 && (marker < 0xc0 || marker > 0xcf || isTable)) return undefined;
  const count = body[5];
  if (count === undefined || body.length < 6 + count * 3) return undefined;
  const components = Array.from({ length: count }, (_, i) => {
    const [id, sampling] = [body.readUInt8(6 + i * 3), body.readUInt8(7 + i * 3)];
    return { id, horizontal: sampling >> 4, vertical: sampling & 15 };
  });
  return {
    marker,
    precision: body.readUInt8(0),
    height: body.readUInt16BE(1),
    width: body.readUInt16BE(3),
    components,
  };
}

/** What a decoder has to know of a JPEG before it decodes it. */
export interface JpegHeader {
  readonly frame: JpegFrame;
  /** EXIF's number for how the image is stored, 1 where nothing is said. */
  readonly orientation: number;
}

const exifSignature = Buffer.from('Exif\0\0', 'latin1');
const orientationTag = 274;

/** Reads the header; undefined where it is damaged, or does not tell the size. */
export function readJpegHeader(jpeg: Buffer): JpegHeader | undefined {
  let orientation = 1;
  for (const segment of headerSegments(jpeg)) {
    const { marker, body } = segment;
    if (marker === jpegMarkers.exif && body.indexOf(exifSignature) === 0)
      orientation = readFirstDirectory(body.subarray(exifSignature.length)).get(orientationTag) ?? 1;
    const frame = readFrame(segment);
    if (frame !== undefined) return isSized(frame) ? { frame, orientation } : undefined;
  }
  return undefined;
}

function isSized({ height, width, components }: JpegFrame): boolean {
  return height > 0 && width > 0 && components.length > 0;
}

/** How a frame is coded, where the decoder does not know it. */
const unreadableCodings: ReadonlyMap<number, string> = new Map([
  [0xc3, 'lossless JPEG'],
  [0xc5, 'hierarchical JPEG'],
  [0xc6, 'hierarchical JPEG'],
  [0xc7, 'hierarchical JPEG'],
  [0xc9, 'JPEG with arithmetic coding'],
  [0xca, 'JPEG with arithmetic coding'],
  [0xcb, 'lossless JPEG'],
  [0xcd, 'hierarchical JPEG'],
  [0xce, 'hierarchical JPEG'],
  [0xcf, 'hierarchical JPEG'],
  [0xf7, 'JPEG-LS'],
]);

/** What kind of JPEG this is, if it is one that is not read. */
export function unreadableJpeg(jpeg: Buffer): string | undefined {
  for (const segment of headerSegments(jpeg)) {
    const frame = readFrame(segment);
    if (frame === undefined) continue;
    const coding = unreadableCodings.get(frame.marker);
    if (coding !== undefined) return coding;
    return frame.precision === 8 ? undefined : `JPEG with ${frame.precision} bits a sample`;
  }
  return undefined;
}

/**
 * Cameras of Samsung leave zeros in the scan header of a baseline JPEG, where there can be but one spectral selection,
 * 0 to 63. Nothing is damaged, but the decoder warns as if there were.
 * @returns the bytes with those parameters put right, or the same bytes
 */
export function mendScanHeader(jpeg: Buffer): Buffer {
  let isBaseline = false;
  for (const segment of headerSegments(jpeg)) {
    isBaseline ||= segment.marker === 0xc0 || segment.marker === 0xc1;
    const last = segment.body.length - 2;
    if (segment.marker !== jpegMarkers.startOfScan || !isBaseline || last < 1 || segment.body[last] === 63)
      continue;
    const mended = Buffer.from(jpeg);
    mended.set([0, 63, 0], segment.end - 3);
    return mended;
  }
  return jpeg;
}
