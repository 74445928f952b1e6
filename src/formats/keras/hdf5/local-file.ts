// An HDF5 file, read with distrust. The library (h5wasm) is shut in: it sees one read-only file, a range of a real one,
// and nothing else of the machine; a file inside an archive is read in place that way, and no link in a file leads out
// of it. Every size is looked at before memory is given to it. All of it runs in a worker thread, because a damaged
// file can send the library into a loop without end.

import { openSync, readSync } from 'node:fs';
import type { ready as Ready } from 'h5wasm';
import { FinetuneError, messageOf } from '../../../errors.js';
import type { DatasetInfo, FileRange, Hdf5File, NumberKind } from './file.js';

type H5Module = Awaited<typeof Ready>;

type Metadata = ReturnType<H5Module['get_dataset_metadata']>;

const maximumAttributeBytes = 64 * 1024 * 1024;
const maximumListLength = 1_000_000;
/** A compressed block is decompressed as a whole. */
const maximumChunkBytes = 64 * 1024 * 1024;

/**
 * Opens an HDF5 file, or a range of a file that is one.
 * @param label its name, for messages
 * @throws FinetuneError `bad-weights` when it is no HDF5 file, or truncated
 */
export async function openLocalHdf5(range: FileRange, label: string): Promise<LocalHdf5File> {
  const library = await startHdf5(range);
  const id = library.module.open(fileName, library.module.H5F_ACC_RDONLY);
  if (id >= 0n) return new LocalHdf5File(library, id, label);
  const reason = /truncated/i.test(library.takeComplaint()) ? 'it is truncated' : 'it is not an HDF5 file';
  throw new FinetuneError(
    'bad-weights',
    `Cannot read ${label}: ${reason}. Expected a complete file, as Keras saves it: copy or download it again.`,
  );
}

class LocalHdf5File implements Hdf5File {
  constructor(
    private readonly library: Hdf5Library,
    private readonly id: bigint,
    readonly label: string,
  ) {}

  kindOf(path: string): 'group' | 'dataset' | undefined {
    const { module } = this.library;
    const type = this.guard(path, () => module.get_type(this.id, path));
    if (type === module.H5G_GROUP) return 'group';
    return type === module.H5G_DATASET ? 'dataset' : undefined;
  }

  children(path: string): readonly string[] {
    return this.guard(path, () => this.library.module.get_names(this.id, path, false));
  }

  hasAttribute(path: string, name: string): boolean {
    return this.guard(path, () => this.library.module.get_attribute_names(this.id, path)).includes(name);
  }

  attribute(path: string, name: string): readonly string[] {
    const { module } = this.library;
    const metadata = this.guard(path, () => module.get_attribute_metadata(this.id, path, name));
    const count = metadata.total_size;
    if (count === 0 || metadata.shape === null) return [];
    const bytes = count * metadata.size;
    if (metadata.type !== module.H5T_class_t.H5T_STRING.value) throw this.damaged(path, `${name} is no text`);
    if (!(count <= maximumListLength && bytes <= maximumAttributeBytes)) {
      throw this.damaged(path, `${name} claims ${bytes} bytes`);
    }
    return this.guard(path, () => this.readTexts(path, name, metadata));
  }

  private readTexts(path: string, name: string, metadata: Metadata): readonly string[] {
    const { module } = this.library;
    const pointer = this.allocate(path, metadata.total_size * metadata.size);
    try {
      const status = module.get_attribute_data(this.id, path, name, BigInt(pointer));
      if (Number(status) < 0) throw this.damaged(path, `${name} cannot be read`);
      const starts = Array.from({ length: metadata.total_size }, (_, i) => pointer + i * metadata.size);
      if (!metadata.vlen) return starts.map(start => this.fixedText(start, metadata.size));
      const heap = new DataView(module.HEAPU8.buffer);
      const texts = starts.map(start => module.UTF8ToString(heap.getUint32(start, true)));
      module.reclaim_vlen_memory(this.id, path, name, BigInt(pointer));
      return texts;
    } finally {
      module._free(pointer);
    }
  }

  private fixedText(start: number, size: number): string {
    const bytes = this.library.module.HEAPU8.slice(start, start + size);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  dataset(path: string): DatasetInfo {
    const { module } = this.library;
    const metadata = this.guard(path, () => module.get_dataset_metadata(this.id, path));
    const { shape, size, chunks } = metadata;
    if (shape === null || shape.length > 8) throw this.damaged(path, 'it has no usable shape');
    if (metadata.virtual_sources !== undefined) throw this.damaged(path, 'it lies in other files');
    const chunkBytes = (chunks ?? [0]).reduce((count, length) => count * length, size);
    if (chunkBytes > maximumChunkBytes) throw this.damaged(path, `it claims blocks of ${chunkBytes} bytes`);
    return { path, shape, size, kind: this.numberKind(metadata) };
  }

  private numberKind({ type, size, signed }: Metadata): NumberKind {
    const { H5T_FLOAT, H5T_OPAQUE, H5T_INTEGER } = this.library.module.H5T_class_t;
    if (type === H5T_FLOAT.value && [2, 4, 8].includes(size)) return 'float';
    if (type === H5T_OPAQUE.value && size === 2) return 'bfloat16';
    return type === H5T_INTEGER.value && size === 1 && signed ? 'int8' : 'other';
  }

  readBlock(
    { path, size }: DatasetInfo,
    offset: readonly number[],
    count: readonly number[],
  ): Uint8Array<ArrayBuffer> {
    const { module } = this.library;
    const bytes = count.reduce((product, length) => product * length, size);
    const pointer = this.allocate(path, bytes);
    try {
      const big = (values: readonly number[]) => (count.length === 0 ? null : values.map(BigInt));
      const strides = count.map(() => 1);
      const status = this.guard(path, () =>
        module.get_dataset_data(this.id, path, big(count), big(offset), big(strides), BigInt(pointer)),
      );
      if (status < 0) throw this.damaged(path, 'its data cannot be read');
      return new Uint8Array(module.HEAPU8.subarray(pointer, pointer + bytes));
    } finally {
      module._free(pointer);
    }
  }

  private allocate(path: string, bytes: number): number {
    const pointer = this.library.module._malloc(bytes);
    if (pointer === 0) throw this.damaged(path, `it claims ${bytes} bytes`);
    return pointer;
  }

  /** What the library throws (or where it traps) becomes a message. */
  private guard<Result>(path: string, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      if (error instanceof FinetuneError) throw error;
      throw this.damaged(path, messageOf(error), error);
    }
  }

  private damaged(path: string, reason: string, cause?: unknown): FinetuneError {
    const complaint = this.library.takeComplaint();
    return new FinetuneError(
      'bad-weights',
      `Cannot read ${path} in ${this.label}: ${reason}. The file is damaged: copy or download it again.`,
      { cause: cause ?? (complaint === '' ? undefined : new Error(complaint)) },
    );
  }
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
interface Hdf5Library {
  readonly module: H5Module;
  /** What the library complained of since the last call, its own words. */
  takeComplaint(): string;
}

/** By this name the library knows its file. */
const fileName = 'weights.h5';

/** Starts the library with a file; it takes about 0.1 s. */
async function startHdf5(range: FileRange): Promise<Hdf5Library> {
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
