// Writes archives and HDF5 files as no honest program would.
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { FS, File as Hdf5File, ready } from 'h5wasm';

export interface ZipEntry {
  readonly name: string;
  readonly data: Buffer;
  /** Deflated; else stored. */
  readonly deflate?: boolean;
  /** Size to claim in place of the true one. */
  readonly claim?: number;
  readonly checksum?: number;
}

/** The bytes of a ZIP with these entries. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, data, deflate = false, claim = data.length, checksum = crc32(data) } of entries) {
    const stored = deflate ? deflateRawSync(data) : data;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflate ? 8 : 0, 4);
    common.writeUInt32LE(checksum, 10);
    common.writeUInt32LE(stored.length, 14);
    common.writeUInt32LE(claim, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), stored);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + stored.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** The entries of a ZIP that Keras wrote. */
export function unzip(path: string): Map<string, Buffer> {
  const bytes = readFileSync(path);
  const entries = new Map<string, Buffer>();
  for (let at = bytes.readUInt32LE(bytes.length - 6); bytes.readUInt32LE(at) === 0x02014b50; ) {
    const name = bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28));
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + bytes.readUInt32LE(at + 20));
    entries.set(name, bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : data);
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

/** A `.keras` archive with another config. */
export function archiveWith(config: unknown, weights: Buffer): Buffer {
  return zip([
    { name: 'config.json', data: Buffer.from(typeof config === 'string' ? config : JSON.stringify(config)) },
    { name: 'model.weights.h5', data: weights },
  ]);
}

/** Writes an HDF5 file, starting from another or from nothing. */
export async function writeHdf5(
  path: string,
  change: (file: Hdf5File) => void,
  start?: string,
): Promise<void> {
  await ready;
  const files = FS as unknown as {
    writeFile(name: string, data: Uint8Array): void;
    readFile(name: string): Uint8Array;
  };
  if (start !== undefined) files.writeFile('made.h5', readFileSync(start));
  const file = new Hdf5File('made.h5', start === undefined ? 'w' : 'a');
  change(file);
  file.close();
  writeFileSync(path, files.readFile('made.h5'));
}
