// Weight bytes on disk: shards of 4 MiB, as tfjs expects them. Written as a stream, read by byte ranges.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FinetuneError } from '../../errors.js';

const shardBytes = 4_194_304;

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
  const temporary = paths.map(path => join(dir, `${path}.${process.pid}.tmp`));
  const hash = createHash('sha256');
  const writer = new ShardWriter(temporary);
  try {
    for (const piece of pieces) {
      hash.update(piece);
      await writer.write(piece);
    }
    await writer.finish();
    for (const [i, path] of paths.entries()) await rename(temporary[i]!, join(dir, path));
    return { paths, sha256: hash.digest('hex'), bytes: total };
  } finally {
    await writer.finish();
    await Promise.all(temporary.map(path => rm(path, { force: true })));
  }
}

/** Fills files one after another; while one is being filled, the one before it is flushed to disk. */
class ShardWriter {
  private file: FileHandle | undefined;
  private flushing: Promise<unknown> | undefined;
  private shard = 0;
  private room = 0;

  constructor(private readonly paths: readonly string[]) {}

  async write(piece: Uint8Array): Promise<void> {
    for (let start = 0; start < piece.length; ) {
      if (this.room === 0) await this.next();
      const end = Math.min(start + this.room, piece.length);
      await this.file!.writeFile(piece.subarray(start, end));
      this.room -= end - start;
      start = end;
    }
  }

  /** Waits until all is on disk; may be called again. */
  async finish(): Promise<void> {
    this.flush();
    await this.flushed();
  }

  private async next(): Promise<void> {
    await this.flushed();
    this.flush();
    this.file = await open(this.paths[this.shard]!, 'w');
    this.shard += 1;
    this.room = shardBytes;
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

/** A file and where its first byte lies in the run of bytes that all shards make. */
export interface ShardFile {
  readonly path: string;
  readonly start: number;
  readonly bytes: number;
}

/**
 * Reads a range of bytes that may lie across shards.
 * @throws FinetuneError `bad-model` when a file has become shorter meanwhile
 */
export function readRange(
  shards: readonly ShardFile[],
  start: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const range = new Uint8Array(length);
  for (const shard of shards) {
    const from = Math.max(start, shard.start);
    const to = Math.min(start + length, shard.start + shard.bytes);
    if (from < to) readInto(range.subarray(from - start, to - start), shard.path, from - shard.start);
  }
  return range;
}

function readInto(target: Uint8Array, path: string, position: number): void {
  const file = openSync(path, 'r');
  try {
    for (let filled = 0; filled < target.length; ) {
      const count = readSync(file, target, filled, target.length - filled, position + filled);
      if (count === 0) throw new FinetuneError('bad-model', `${path} became shorter while it was read.`);
      filled += count;
    }
  } finally {
    closeSync(file);
  }
}
