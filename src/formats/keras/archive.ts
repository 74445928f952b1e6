// A `.keras` archive: a ZIP of config.json, metadata.json and model.weights.h5. Nothing in it names a place on disk:
// only these three entries are read, and the stored weights are read where they lie.

import { createReadStream, createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { FinetuneError, messageOf } from '../../errors.js';
import { maximumJsonBytes } from '../../system/json.js';
import { makeTemporaryFolder } from '../../system/temporary-folder.js';
import type { FileRange } from './hdf5/file.js';

/** An opened archive. Close it after use. */
export interface KerasArchive {
  /** Its file's name, for messages. */
  readonly label: string;
  /** Text of config.json. */
  readonly config: string;
  /** Text of metadata.json; empty where there is none. */
  readonly metadata: string;
  /** Where the HDF5 file of the weights lies. */
  readonly weights: FileRange;
  close(): Promise<void>;
}

const entryNames = ['config.json', 'metadata.json', 'model.weights.h5'] as const;
const maximumEntries = 10_000;
/** Keras stores its entries; floats hardly shrink. An entry that grows more is a bomb. */
const maximumExpansion = 100;

/**
 * Opens a `.keras` archive.
 * @throws FinetuneError `bad-model` when it is no whole ZIP, lacks an entry, or an entry is damaged or immodest
 */
export async function openArchive(path: string): Promise<KerasArchive> {
  const label = basename(path);
  const zip = await openPromise(path, { autoClose: false, strictFileNames: true }).catch(error => {
    throw unreadable(label, messageOf(error), error);
  });
  const source = { path, label, zip };
  try {
    const entries = await listEntries(source);
    const config = await readText(source, required(source, entries, 'config.json'));
    const metadataEntry = entries.get('metadata.json');
    const metadata = metadataEntry === undefined ? '' : await readText(source, metadataEntry);
    const weights = await locate(source, required(source, entries, 'model.weights.h5'));
    return { label, config, metadata, ...weights };
  } catch (error) {
    throw error instanceof FinetuneError ? error : unreadable(label, messageOf(error), error);
  } finally {
    zip.close();
  }
}

/** An archive that is being opened. */
interface Source {
  readonly path: string;
  readonly label: string;
  readonly zip: ZipFile;
}

async function listEntries({ zip, label }: Source): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > maximumEntries) throw unreadable(label, `it lists ${zip.entryCount} entries`);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    if (!entryNames.some(name => name === entry.fileName)) continue;
    if (entries.has(entry.fileName)) throw unreadable(label, `it holds ${entry.fileName} twice`);
    entries.set(entry.fileName, entry);
  }
  return entries;
}

function required({ label }: Source, entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = entries.get(name);
  if (entries.size === 0) {
    throw new FinetuneError(
      'bad-model',
      `${label} is a ZIP archive of another kind (PyTorch writes such files too). Expected what Keras' model.save() writes: model.keras or model.h5.`,
    );
  }
  if (entry === undefined) throw unreadable(label, `it holds no ${name}`);
  if (entry.isEncrypted()) throw unreadable(label, `${name} is encrypted`);
  const isBomb =
    entry.uncompressedSize > maximumJsonBytes &&
    entry.uncompressedSize > maximumExpansion * entry.compressedSize;
  if (isBomb) {
    throw unreadable(
      label,
      `${name} claims ${entry.uncompressedSize} bytes out of ${entry.compressedSize} compressed ones`,
    );
  }
  return entry;
}

async function readText({ zip, label }: Source, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > maximumJsonBytes) {
    throw unreadable(label, `${entry.fileName} claims ${entry.uncompressedSize} bytes`);
  }
  const stream = await zip.openReadStreamPromise(entry);
  const pieces: Buffer[] = [];
  for await (const piece of checked(stream, entry, label)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** Passes an entry's bytes on; at the end its checksum must be right. */
async function* checked(stream: Readable, entry: Entry, label: string): AsyncIterable<Buffer> {
  let sum = 0;
  for await (const piece of stream) {
    sum = crc32(piece, sum);
    yield piece;
  }
  if (sum !== entry.crc32) throw unreadable(label, `the checksum of ${entry.fileName} is wrong`);
}

/** The weights in place where they are stored, else unpacked to a temporary file. */
async function locate(source: Source, entry: Entry): Promise<Pick<KerasArchive, 'weights' | 'close'>> {
  if (entry.compressionMethod !== 0) return await unpack(source, entry);
  const { path, label, zip } = source;
  const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const bytes = entry.uncompressedSize;
  const end = Math.max(start + bytes - 1, start);
  const stream = createReadStream(path, { start, end, highWaterMark: 1_048_576 });
  await pipeline(checked(stream, entry, label), nowhere());
  return { weights: { path, start, bytes }, close: async () => {} };
}

/** The checksum is all that is wanted of the bytes. */
function nowhere(): Writable {
  return new Writable({ write: (_piece, _encoding, done) => done() });
}

async function unpack({ zip, label }: Source, entry: Entry) {
  const folder = makeTemporaryFolder('archive');
  try {
    const path = join(folder.path, 'model.weights.h5');
    const stream = await zip.openReadStreamPromise(entry);
    await pipeline(checked(stream, entry, label), createWriteStream(path));
    return { weights: { path, start: 0, bytes: entry.uncompressedSize }, close: folder.remove };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

function unreadable(label: string, reason: string, cause?: unknown): FinetuneError {
  return new FinetuneError(
    'bad-model',
    `Cannot read ${label}: ${reason}. Expected a complete .keras archive, as Keras saves it: copy it again.`,
    { cause },
  );
}
