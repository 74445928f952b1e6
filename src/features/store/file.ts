// Looks at an LMDB file before it is mapped into memory: LMDB trusts what it maps, and a file that is cut short
// or is something else would end the process without a message.

import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const magicNumber = 0xbeefc0de;

/** The version of LMDB's file format whose places are below. */
const dataVersion = 2;

/** Bytes from the beginning of one of the two meta pages. */
const places = { magic: 24, version: 28, pageSize: 48, lastPage: 144, transaction: 152, end: 160 } as const;

/** Pages that LMDB gave out and took back are never written when they are the last ones: that much may be missing. */
const largestGapBytes = 4 * 1024 * 1024;

/**
 * Makes sure that every page that `data.mdb` claims to have is there.
 * @throws Error when the file is no LMDB file or was cut short
 */
export function checkStoreFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const first = readMeta(file, 0);
    const second = readMeta(file, first?.pageSize ?? 4096);
    const newest =
      first && second ? (first.transaction > second.transaction ? first : second) : (first ?? second);
    if (newest === undefined) throw new Error('data.mdb is not an LMDB file');
    if (newest.version !== dataVersion) return;
    const missing = (newest.lastPage + 1) * newest.pageSize - size;
    if (missing > largestGapBytes) throw new Error(`data.mdb was cut short: ${missing} bytes are missing`);
    if (missing > 0) appendFileSync(path, Buffer.alloc(missing));
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly version: number;
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
}

function readMeta(file: number, position: number): Meta | undefined {
  const page = Buffer.alloc(places.end);
  const isWhole = readSync(file, page, 0, page.length, position) === page.length;
  if (!isWhole || page.readUInt32LE(places.magic) !== magicNumber) return undefined;
  return {
    version: page.readUInt32LE(places.version),
    pageSize: page.readUInt32LE(places.pageSize),
    lastPage: Number(page.readBigUInt64LE(places.lastPage)),
    transaction: page.readBigUInt64LE(places.transaction),
  };
}
