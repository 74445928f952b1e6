// Whether the entropy-coded data of a JPEG is in order (ITU-T T.81, annexes F and G). Decoders make pictures of damaged
// data without a word: here every code is read, and nothing is made of it.

import {
  headerSegments,
  type JpegComponent,
  type JpegFrame,
  jpegMarkers,
  readFrame,
  readSegment,
  type Segment,
} from './jpeg.js';
import { EntropyReader, HuffmanTable, JpegDamage } from './jpeg-entropy.js';
import { type Block, decoderOf, type ScanParameters } from './jpeg-scan.js';

/**
 * Reads a JPEG to its end, every code of it: some 20 MB a second.
 * @returns what is wrong with it, in plain words; undefined where nothing is, and for kinds that are not read
 */
export function findJpegDamage(jpeg: Buffer): string | undefined {
  try {
    readToEnd(jpeg);
    return undefined;
  } catch (error) {
    if (error instanceof JpegDamage) return error.message;
    throw error;
  }
}

/** What the segments before a scan have said. */
interface Decoding {
  readonly jpeg: Buffer;
  readonly tables: Map<number, HuffmanTable>;
  restartInterval: number;
  frame?: Frame;
}

interface Frame extends JpegFrame {
  readonly planes: ReadonlyMap<number, Plane>;
  /** Units of an interleaved scan, in either direction. */
  readonly across: number;
  readonly down: number;
}

/** One component's blocks. */
interface Plane extends JpegComponent {
  /** Blocks that the image covers, which a scan of this component alone has. */
  readonly across: number;
  readonly down: number;
  /** Blocks in a row, those included that only fill up units. */
  readonly stride: number;
  /** Whether coefficients are known not to be zero, 64 per block, in progressive files. */
  readonly nonzero: Uint8Array;
}

function readToEnd(jpeg: Buffer): void {
  const decoding: Decoding = { jpeg, tables: new Map(), restartInterval: 0 };
  let at = 0;
  for (;;) {
    const segment = readSegment(jpeg, at);
    if (segment === undefined)
      throw new JpegDamage(
        at >= jpeg.length - 1
          ? 'cut short: the file ends too early'
          : 'damaged: bytes between its parts belong nowhere',
      );
    if (segment.marker === jpegMarkers.endOfImage) break;
    at = segment.marker === jpegMarkers.startOfScan ? readScan(decoding, segment) : segment.end;
    readTables(decoding, segment);
  }
  if (decoding.frame === undefined) throw new JpegDamage('damaged: no image in it');
}

function readTables(decoding: Decoding, segment: Segment): void {
  const { marker, body } = segment;
  if (marker === jpegMarkers.huffmanTables) {
    for (let at = 0; at < body.length; ) {
      const table = new HuffmanTable(body, at);
      decoding.tables.set(body[at] ?? 0, table);
      at += table.length;
    }
  } else if (marker === jpegMarkers.restartInterval) {
    decoding.restartInterval = body.length >= 2 ? body.readUInt16BE(0) : 0;
  } else {
    const frame = readFrame(segment);
    if (frame !== undefined) decoding.frame = layOut(frame);
  }
}

const isProgressive = ({ marker }: JpegFrame) => marker === 0xc2;

function layOut(frame: JpegFrame): Frame {
  const horizontal = Math.max(...frame.components.map(component => component.horizontal));
  const vertical = Math.max(...frame.components.map(component => component.vertical));
  if (!frame.components.every(each => each.horizontal > 0 && each.vertical > 0))
    throw new JpegDamage('damaged: a header that makes no sense');
  const across = Math.ceil(frame.width / (8 * horizontal));
  const down = Math.ceil(frame.height / (8 * vertical));
  const planes = frame.components.map((component): [number, Plane] => {
    const stride = across * component.horizontal;
    const coefficients = isProgressive(frame) ? stride * down * component.vertical * 64 : 64;
    const plane: Plane = {
      ...component,
      across: Math.ceil(Math.ceil((frame.width * component.horizontal) / horizontal) / 8),
      down: Math.ceil(Math.ceil((frame.height * component.vertical) / vertical) / 8),
      stride,
      nonzero: new Uint8Array(coefficients),
    };
    return [component.id, plane];
  });
  return { ...frame, planes: new Map(planes), across, down };
}

/** A component's part in a scan. */
interface Part {
  readonly plane: Plane;
  readonly block: Block;
}

/** @returns where the next segment begins */
function readScan({ jpeg, tables, restartInterval, frame }: Decoding, { body, end }: Segment): number {
  if (frame === undefined) throw new JpegDamage('damaged: a scan without a header');
  const scan = readScanParameters(body, isProgressive(frame));
  const parts = scan.components.map(({ id, dcTable, acTable }): Part => {
    const plane = frame.planes.get(id);
    if (plane === undefined) throw new JpegDamage('damaged: a scan of no component');
    const dc = tables.get(dcTable);
    const ac = tables.get(acTable + 16);
    return { plane, block: { nonzero: plane.nonzero, at: 0, dc, ac } };
  });
  const reader = new EntropyReader(jpeg, end);
  const decode = decoderOf(reader, scan);
  const units = unitsOf(parts, frame);
  for (let unit = 0; unit < units.count; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      reader.restart(unit / restartInterval - 1);
      decode.restart();
    }
    units.read(unit, decode.block);
  }
  return reader.finish();
}

function readScanParameters(body: Buffer, progressive: boolean): ScanParameters {
  const count = body[0] ?? 0;
  if (count === 0 || body.length < 4 + count * 2)
    throw new JpegDamage('damaged: a scan header that makes no sense');
  const components = Array.from({ length: count }, (_, i) => {
    const selectors = body.readUInt8(2 + i * 2);
    return { id: body.readUInt8(1 + i * 2), dcTable: selectors >> 4, acTable: selectors & 15 };
  });
  if (!progressive) return { components, progressive, first: 0, last: 63, isRefinement: false };
  const at = 1 + count * 2;
  const [first, last, approximation] = [body.readUInt8(at), body.readUInt8(at + 1), body.readUInt8(at + 2)];
  if (last > 63 || first > last || (first > 0 && count > 1))
    throw new JpegDamage('damaged: a scan header that makes no sense');
  return { components, progressive, first, last, isRefinement: approximation >> 4 > 0 };
}

/** The units of a scan, each a block of the only component or some of each, and how one is read. */
function unitsOf(
  parts: readonly Part[],
  frame: Frame,
): { count: number; read(unit: number, readBlock: (block: Block) => void): void } {
  const keeps = isProgressive(frame);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    const { plane, block } = only;
    return {
      count: plane.across * plane.down,
      read(unit, readBlock) {
        const row = Math.floor(unit / plane.across);
        block.at = keeps ? (row * plane.stride + (unit % plane.across)) * 64 : 0;
        readBlock(block);
      },
    };
  }
  return {
    count: frame.across * frame.down,
    read(unit, readBlock) {
      const [row, column] = [Math.floor(unit / frame.across), unit % frame.across];
      for (const { plane, block } of parts) {
        for (let y = 0; y < plane.vertical; y++) {
          for (let x = 0; x < plane.horizontal; x++) {
            const place = (row * plane.vertical + y) * plane.stride + column * plane.horizontal + x;
            block.at = keeps ? place * 64 : 0;
            readBlock(block);
          }
        }
      }
    },
  };
}

/**
 * The part of the check that costs next to nothing: whether the file ends where it should, and whether there are markers
 * in its coded data that do not belong there.
 * @returns what is wrong, in plain words
 */
export function findJpegBreak(jpeg: Buffer): string | undefined {
  const scan = [...headerSegments(jpeg)].at(-1);
  if (scan?.marker !== jpegMarkers.startOfScan) return undefined;
  let restarts = 0;
  for (let at = findMarker(jpeg, scan.end); at !== undefined; ) {
    const marker = jpeg.readUInt8(at + 1);
    if (marker === jpegMarkers.endOfImage) return undefined;
    const segment = readSegment(jpeg, at);
    if (segment === undefined || !isWithinScans(marker)) return 'damaged: its data is interrupted';
    if (isRestart(marker) && marker !== 0xd0 + (restarts++ % 8))
      return 'damaged: a part of its data is missing';
    if (marker === jpegMarkers.startOfScan) restarts = 0;
    at = findMarker(jpeg, segment.end);
  }
  return 'cut short: the file ends too early';
}

/** The place of the next marker in coded data: 0xff and anything but 0, which stands for 0xff itself, or 0xff, which fills. */
function findMarker(jpeg: Buffer, start: number): number | undefined {
  for (let at = jpeg.indexOf(0xff, start); at >= 0; at = jpeg.indexOf(0xff, at)) {
    const next = jpeg[at + 1];
    if (next === undefined) return undefined;
    if (next !== 0 && next !== 0xff) return at;
    at += next === 0 ? 2 : 1;
  }
  return undefined;
}

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** Restarts, tables, the next scan, comments and whatever programs leave there. */
function isWithinScans(marker: number): boolean {
  const isOther = [0xc4, 0xda, 0xdb, 0xdc, 0xdd, 0xfe].includes(marker);
  return isRestart(marker) || isOther || (marker >= 0xe0 && marker <= 0xef);
}
