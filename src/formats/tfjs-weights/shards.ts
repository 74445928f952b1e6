// Weight bytes on disk: shards of 4 MiB, as tfjs expects them. Written as a stream, read by byte ranges.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FinetuneError } from '../../errors.js';
import { foreignKind, isText } from '../../system/foreign-file.js';
import { measureFile } from '../../system/read-failure.js';

const shardBytes = 4_194_304;

/** Shards one after another: one run of bytes. */
export interface Shards {
  readonly files: readonly ShardFile[];
  readonly bytes: number;
}

interface ShardFile {
  readonly path: string;
  /** Where its first byte lies in the run. */
  readonly start: number;
  readonly bytes: number;
}

/**
 * Finds the shards of a model.
 * @param names in the order in which their bytes follow each other
 * @param mayLookLikeText where weights are stored in single bytes, which may be those of letters
 * @throws FinetuneError `bad-model` when one is missing or something else, or when they are not in the order of their numbers
 */
export async function openShards(
  dir: string,
  names: readonly string[],
  mayLookLikeText: boolean,
): Promise<Shards> {
  validateOrder(dir, names);
  const files: ShardFile[] = [];
  let bytes = 0;
  for (const name of names) {
    const path = join(dir, name);
    const size = await measureFile(path);
    if (typeof size === 'string') {
      throw new FinetuneError(
        'bad-model',
        `${path} ${size}. model.json needs it: copy the folder again, with all its shards.`,
      );
    }
    const file = { path, start: bytes, bytes: size };
    const head = readFileRange(file, 0, Math.min(size, 512));
    const kind = foreignKind(head) ?? (!mayLookLikeText && isText(head) ? 'a text' : undefined);
    if (kind !== undefined) {
      throw new FinetuneError(
        'bad-model',
        `${path} is no shard of weights but ${kind}. Copy or download it again.`,
      );
    }
    files.push(file);
    bytes += size;
  }
  return { files, bytes };
}

/** `shard10of12` before `shard2of12`: somebody sorted them as text, and every weight would be read from a wrong place. */
function validateOrder(dir: string, names: readonly string[]): void {
  const numbers = names.map(name => Number(/(\d+)[-_]?of[-_]?\d+/.exec(name)?.[1] ?? Number.NaN));
  const wrong = numbers.findIndex((number, i) => i > 0 && number <= (numbers[i - 1] ?? 0));
  if (wrong < 0) return;
  throw new FinetuneError(
    'bad-model',
    `${join(dir, 'model.json')} lists ${names[wrong]} after ${names[wrong - 1]}. ` +
      'Expected shards in the order of their numbers: mend "paths", or convert the model again.',
  );
}

/**
 * Reads a range of bytes that may lie across shards.
 * @throws FinetuneError `bad-model` when a file has become shorter meanwhile
 */
export function readRange({ files }: Shards, start: number, length: number): Uint8Array<ArrayBuffer> {
  const range = new Uint8Array(length);
  for (const file of files) {
    const from = Math.max(start, file.start);
    const to = Math.min(start + length, file.start + file.bytes);
    if (from < to) range.set(readFileRange(file, from - file.start, to - from), from - start);
  }
  return range;
}

function readFileRange({ path }: ShardFile, position: number, length: number): Uint8Array {
  const target = new Uint8Array(length);
  const file = openSync(path, 'r');
  try {
    for (let filled = 0; filled < length; ) {
      const count = readSync(file, target, filled, length - filled, position + filled);
      if (count === 0) throw new FinetuneError('bad-model', `${path} became shorter while it was read.`);
      filled += count;
    }
    return target;
  } finally {
    closeSync(file);
  }
}

/** What was written: the shards' names in order, the sha-256 of all their bytes in order (hex), how many bytes. */
export interface WrittenShards {
  readonly paths: readonly string[];
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Writes a stream of bytes as `group1-shard{i}of{n}.bin`; the names appear only when all of it is on disk.
 * @param total number of bytes to come; it decides the names
 */
export async function writeShards(
  dir: string,
  total: number,
  pieces: Iterable<Uint8Array>,
): Promise<WrittenShards> {
  const count = Math.ceil(total / shardBytes);
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  const temporary = (path: string) => join(dir, `${path}.${process.pid}.tmp`);
  const hash = createHash('sha256');
  const writer = new ShardWriter(paths.map(temporary));
  try {
    for (const piece of pieces) {
      hash.update(piece);
      await writer.write(piece);
    }
    await writer.finish();
    for (const path of paths) await rename(temporary(path), join(dir, path));
    return { paths, sha256: hash.digest('hex'), bytes: total };
  } finally {
    await writer.finish();
    await Promise.all(paths.map(path => rm(temporary(path), { force: true })));
  }
}

/** Fills files one after another; while one is being filled, the one before it is flushed to disk. */
class ShardWriter {
  private readonly paths: Iterator<string>;
  private file: FileHandle | undefined;
  private flushing: Promise<unknown> | undefined;
  private room = 0;

  constructor(paths: readonly string[]) {
    this.paths = paths.values();
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let start = 0; start < piece.length; ) {
      const file = this.file !== undefined && this.room > 0 ? this.file : await this.next();
      const end = Math.min(start + this.room, piece.length);
      await file.writeFile(piece.subarray(start, end));
      this.room -= end - start;
      start = end;
    }
  }

  /** Waits until all is on disk; may be called again. */
  async finish(): Promise<void> {
    this.flush();
    await this.flushed();
  }

  private async next(): Promise<FileHandle> {
    await this.flushed();
    this.flush();
    const file = await open(this.paths.next().value, 'w');
    this.file = file;
    this.room = shardBytes;
    return file;
  }

  /** Begins to flush and close the open file. */
  private flush(): void {
    const file = this.file;
    if (file === undefined) return;
    this.file = undefined;
    const flushing = file.sync().finally(() => file.close());
    this.flushing = Promise.all([this.flushing, flushing]);
    this.flushing.catch(() => undefined); // thrown where it is waited for
  }

  private async flushed(): Promise<void> {
    const flushing = this.flushing;
    this.flushing = undefined;
    await flushing;
  }
}
