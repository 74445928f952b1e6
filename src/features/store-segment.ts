// One file of the feature store: a header, then rows of one size, which are appended and never changed. Whatever has
// happened to a file (a kill in the middle of a row, a full disk, changed bytes), its checksums find it.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Features as a quantized base gives them: `value = (byte - zeroPoint) * scale`. */
export interface QuantizedFeatures {
  readonly data: Uint8Array;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What the numbers of a file's rows are; floats have scale 1 and zero point 0. */
export interface RowFormat {
  readonly kind: 'float32' | 'uint8';
  /** Numbers of a row. */
  readonly count: number;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The first four bytes, in this machine's byte order: another one's files are no files of ours. */
const magicNumber = 0x46544632;

/** Magic number, kind, count, scale, zero point and checksum, of four bytes each; the rest is left for later. */
const headerBytes = 64;

/** sha-256 of what the row is of. */
const keyBytes = 32;

/** Key and checksum; then the row's numbers. */
const prefixBytes = keyBytes + 4;

/** As many pixels as the largest network input has; more is no row of ours. */
const mostNumbers = 2 ** 25;

const kinds: readonly RowFormat['kind'][] = ['float32', 'uint8'];

/** How rows of such features lie in a file. */
export function formatOf(features: Float32Array | QuantizedFeatures): RowFormat {
  if (features instanceof Float32Array)
    return { kind: 'float32', count: features.length, scale: 1, zeroPoint: 0 };
  const { data, scale, zeroPoint } = features;
  return { kind: 'uint8', count: data.length, scale: Math.fround(scale), zeroPoint };
}

/** Whether rows of both kinds can lie in one file. */
export function isSameFormat(one: RowFormat, other: RowFormat): boolean {
  return (
    one.kind === other.kind &&
    one.count === other.count &&
    one.scale === other.scale &&
    one.zeroPoint === other.zeroPoint
  );
}

/** Writes features as floats into `target`, which has as many numbers. */
export function writeFloats(features: Float32Array | QuantizedFeatures, target: Float32Array): void {
  if (features instanceof Float32Array) {
    target.set(features);
    return;
  }
  const { data, scale, zeroPoint } = features;
  for (let i = 0; i < data.length; i++) target[i] = (data[i]! - zeroPoint) * scale;
}

/** A file of rows that is open. */
export class Segment {
  readonly #file: number;
  readonly #checksum: number;
  readonly #stride: number;
  /** A row as it lies in the file. */
  readonly #row: Uint8Array<ArrayBuffer>;
  #rows: number;

  private constructor(
    file: number,
    readonly format: RowFormat,
  ) {
    this.#file = file;
    this.#checksum = crc32(encodeHeader(format));
    this.#stride = strideOf(format);
    this.#row = new Uint8Array(this.#stride);
    this.#rows = Math.floor((fstatSync(file).size - headerBytes) / this.#stride);
  }

  /**
   * Opens a file of rows.
   * @returns undefined where it is none, or its header is damaged
   */
  static open(path: string, flags: 'r' | 'r+'): Segment | undefined {
    const file = openSync(path, flags);
    const format = readHeader(file);
    if (format !== undefined) return new Segment(file, format);
    closeSync(file);
    return undefined;
  }

  /**
   * Whether a file that cannot be opened was written here all the same: it begins like one of ours, or as one would but
   * for its first bytes, or a process was killed before it wrote any.
   */
  static isDamaged(path: string): boolean {
    const file = openSync(path, 'r');
    try {
      const header = Buffer.alloc(headerBytes);
      const bytes = readSync(file, header, 0, headerBytes, 0);
      if (bytes === 0 || magicOf(header) === magicNumber) return true;
      new Uint32Array(header.buffer, header.byteOffset, 1).set([magicNumber]);
      return parseHeader(header) !== undefined;
    } finally {
      closeSync(file);
    }
  }

  /** Makes a file without rows. */
  static create(path: string, format: RowFormat): Segment {
    const file = openSync(path, 'wx+', 0o600);
    try {
      writeSync(file, encodeHeader(format));
      return new Segment(file, format);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** What a row takes in the file. */
  get rowBytes(): number {
    return this.#stride;
  }

  /** The size of the file, as far as it holds complete rows. */
  get bytes(): number {
    return headerBytes + this.#rows * this.#stride;
  }

  /** The rows' keys in their order, each a string of 32 characters of one byte. */
  *keys(): Generator<string> {
    const key = Buffer.alloc(keyBytes);
    for (let row = 0; row < this.#rows; row++) {
      readSync(this.#file, key, 0, keyBytes, this.#at(row));
      yield key.toString('latin1');
    }
  }

  /**
   * Reads a row's numbers as floats.
   * @param target takes them; as many as the format says
   * @returns false where the row is damaged, or is another key's
   */
  read(row: number, key: string, target: Float32Array): boolean {
    const bytes = readSync(this.#file, this.#row, 0, this.#stride, this.#at(row));
    if (bytes !== this.#stride) return false;
    const stored = Buffer.from(this.#row.buffer);
    if (stored.readUInt32LE(keyBytes) !== this.#checksumOf(this.#row)) return false;
    if (stored.toString('latin1', 0, keyBytes) !== key) return false;
    const { kind, count, scale, zeroPoint } = this.format;
    const { buffer } = this.#row;
    if (kind === 'float32') target.set(new Float32Array(buffer, prefixBytes, count));
    else writeFloats({ data: new Uint8Array(buffer, prefixBytes, count), scale, zeroPoint }, target);
    return true;
  }

  /**
   * Appends a row.
   * @param data bytes of numbers of the file's format
   * @returns its place
   * @throws Error of the file system, e.g. of a full disk; what was written of the row is taken back
   */
  append(key: string, data: Float32Array | Uint8Array): number {
    const row = Buffer.from(this.#row.buffer);
    row.write(key, 0, keyBytes, 'latin1');
    row.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), prefixBytes);
    row.writeUInt32LE(this.#checksumOf(row), keyBytes);
    const end = this.bytes;
    try {
      for (let done = 0; done < row.length; )
        done += writeSync(this.#file, row, done, row.length - done, end + done);
    } catch (error) {
      this.dropTornRow();
      throw error;
    }
    return this.#rows++;
  }

  /** Takes away what a writer that was killed left of its last row. */
  dropTornRow(): void {
    ftruncateSync(this.#file, this.bytes);
  }

  close(): void {
    closeSync(this.#file);
  }

  #at(row: number): number {
    return headerBytes + row * this.#stride;
  }

  /** A checksum of key and numbers, and of the header that says what they are. */
  #checksumOf(row: Uint8Array): number {
    return crc32(row.subarray(prefixBytes), crc32(row.subarray(0, keyBytes), this.#checksum));
  }
}

function strideOf({ kind, count }: RowFormat): number {
  const bytes = kind === 'float32' ? count * 4 : count;
  return prefixBytes + Math.ceil(bytes / 4) * 4;
}

function encodeHeader({ kind, count, scale, zeroPoint }: RowFormat): Buffer {
  const header = Buffer.alloc(headerBytes);
  new Uint32Array(header.buffer, header.byteOffset, 3).set([magicNumber, kinds.indexOf(kind), count]);
  header.writeFloatLE(scale, 12);
  header.writeUInt32LE(zeroPoint, 16);
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
  return header;
}

function readHeader(file: number): RowFormat | undefined {
  const header = Buffer.alloc(headerBytes);
  return readSync(file, header, 0, headerBytes, 0) === headerBytes ? parseHeader(header) : undefined;
}

function magicOf(header: Buffer): number | undefined {
  return new Uint32Array(header.buffer, header.byteOffset, 1)[0];
}

function parseHeader(header: Buffer): RowFormat | undefined {
  const [magic, kindNumber = -1, count = 0] = new Uint32Array(header.buffer, header.byteOffset, 3);
  const kind = kinds[kindNumber];
  if (magic !== magicNumber || kind === undefined) return undefined;
  if (count === 0 || count > mostNumbers) return undefined;
  if (header.readUInt32LE(20) !== crc32(header.subarray(0, 20))) return undefined;
  return { kind, count, scale: header.readFloatLE(12), zeroPoint: header.readUInt32LE(16) };
}
