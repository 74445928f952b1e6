// IDX files, as MNIST and its like are published: a big-endian header, then one byte per number. Plain or gzipped.

import { gunzipSync } from 'node:zlib';
import { FinetuneError } from '../errors.js';

/** An array of an IDX file. */
export interface IdxArray {
  /** e.g. `[60000, 28, 28]` for images, `[60000]` for labels. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Uint8Array;
}

/** Images of an IDX file with their labels. */
export interface LabelledImages {
  /** How many there are. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** Grey, `[count, height, width]`. */
  readonly pixels: Uint8Array;
  /** The label of each image, 0 to 255. */
  readonly labels: Uint8Array;
}

/** MNIST's images are 47 MB. */
const mostBytes = 2 ** 30;

/** As large an image as a network may take here. */
const mostSide = 2048;

/** The type of unsigned bytes, the one that images and labels come in. */
const unsignedByte = 8;

/**
 * Reads an IDX file.
 * @param name of the file, for messages
 * @throws FinetuneError `bad-data-set` for what is no IDX file of bytes, or is not as long as its header says
 */
export function readIdx(file: Uint8Array, name: string): IdxArray {
  const bytes = unpack(Buffer.from(file.buffer, file.byteOffset, file.byteLength), name);
  const rank = bytes[3] ?? 0;
  const headerBytes = 4 + 4 * rank;
  const isIdx = bytes[0] === 0 && bytes[1] === 0 && rank > 0 && rank <= 4 && bytes.length >= headerBytes;
  if (!isIdx) throw wrong(name, 'it does not begin as an IDX file does');
  if (bytes[2] !== unsignedByte) {
    throw wrong(
      name,
      `its numbers are of type 0x${bytes[2]?.toString(16).padStart(2, '0')}, not bytes (0x08)`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  const received = bytes.length - headerBytes;
  if (size !== received) {
    throw wrong(name, `its header promises ${shape.join(' x ')} bytes, ${received} bytes follow`);
  }
  return { shape, values: bytes.subarray(headerBytes) };
}

/**
 * Reads the two IDX files of a labelled set.
 * @param names of both files, for messages
 * @throws FinetuneError `bad-data-set` where a file is broken, or they do not belong together
 */
export function readLabelledImages(
  files: { readonly images: Uint8Array; readonly labels: Uint8Array },
  names: { readonly images: string; readonly labels: string },
): LabelledImages {
  const images = readIdx(files.images, names.images);
  const labels = readIdx(files.labels, names.labels);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (images.shape.length !== 3 || Math.min(count, height, width) < 1 || Math.max(height, width) > mostSide) {
    throw wrong(names.images, `it holds ${images.shape.join(' x ')} numbers, not images of one channel`);
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw wrong(names.labels, `it holds ${labels.shape.join(' x ')} numbers, not ${count} labels`);
  }
  return { count, height, width, pixels: images.values, labels: labels.values };
}

function unpack(bytes: Buffer, name: string): Buffer {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw wrong(name, 'it cannot be unpacked: it is cut short, damaged or larger than 1 GiB', cause);
  }
}

function wrong(name: string, reason: string, cause?: unknown): FinetuneError {
  return new FinetuneError(
    'bad-data-set',
    `${name} cannot be read: ${reason}. ` +
      'Expected an IDX file of bytes, plain or gzipped, such as train-images-idx3-ubyte.gz.',
    { cause },
  );
}
