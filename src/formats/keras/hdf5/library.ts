// The HDF5 library (h5wasm), shut in: it sees one read-only file, a range of a real one, and nothing else of the
// machine. A file inside an archive is read in place that way, and no link in a file leads out of it.

import { openSync, readSync } from 'node:fs';
import type { ready as Ready } from 'h5wasm';

type H5Module = Awaited<typeof Ready>;

/** A range of bytes of a file. */
export interface FileRange {
  readonly path: string;
  readonly start: number;
  readonly bytes: number;
}

/** The part of emscripten's file system that is used. */
interface FileSystem {
  createFile(folder: string, name: string, properties: object, canRead: boolean, canWrite: boolean): FileNode;
  unlink(path: string): void;
  getStream(descriptor: number): { stream_ops: StreamOperations };
}

interface FileNode {
  stream_ops: StreamOperations;
}

interface StreamOperations {
  read(stream: unknown, buffer: Int8Array, offset: number, length: number, position: number): number;
  write(stream: unknown, buffer: Int8Array, offset: number, length: number, position: number): number;
}

/** The started library. */
export interface Hdf5Library {
  readonly module: H5Module;
  /** What the library complained of since the last call, its own words. */
  takeComplaint(): string;
}

/** By this name the library knows its file. */
export const fileName = 'weights.h5';

/** Starts the library with a file; it takes about 0.1 s. */
export async function startHdf5(range: FileRange): Promise<Hdf5Library> {
  const { ready } = await import('h5wasm');
  const module = await ready;
  const files = module.FS as unknown as FileSystem;
  for (const device of ['stdin', 'tty', 'tty1']) files.unlink(`/dev/${device}`);
  mount(files, range);
  return { module, takeComplaint: catchComplaints(files) };
}

/** The library prints its errors; they belong into ours. */
function catchComplaints(files: FileSystem): () => string {
  const decoder = new TextDecoder();
  let complaint = '';
  const stream = files.getStream(2);
  const write = (_stream: unknown, buffer: Int8Array, offset: number, length: number) => {
    if (complaint.length < 10_000) complaint += decoder.decode(buffer.slice(offset, offset + length));
    return length;
  };
  stream.stream_ops = { ...stream.stream_ops, write };
  return () => {
    const taken = complaint;
    complaint = '';
    return taken;
  };
}

function mount(files: FileSystem, { path, start, bytes }: FileRange): void {
  const descriptor = openSync(path, 'r');
  const node = files.createFile('/', fileName, {}, true, false);
  Object.defineProperty(node, 'usedBytes', { get: () => bytes });
  node.stream_ops = {
    ...node.stream_ops,
    read: (_stream, buffer, offset, length, position) =>
      readSync(descriptor, buffer, offset, Math.max(Math.min(length, bytes - position), 0), start + position),
    write: () => 0,
  };
}
