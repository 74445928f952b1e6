// Features on disk, so that no image has to go through the same base twice. The store only saves time: what is wrong
// with it is told once, and the work goes on without it.

import { createHash } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { EmitEvent } from '../events.js';
import { makeFolder } from '../system/make-folder.js';
import { codeOf, describeWriteFailure } from '../system/write-failure.js';
import {
  clearDamaged,
  createSegment,
  evictSegments,
  listSegments,
  openToAppend,
  releaseSegment,
  type SegmentFile,
  type Writer,
} from './store-files.js';
import { formatOf, isSameFormat, type QuantizedFeatures, type RowFormat, Segment } from './store-segment.js';

/** Oldest features go first above this: about 200,000 images at 1280 floats have room for 8 times that. */
export const storeLimitBytes = 8 * 1024 ** 3;

/** Room that is left on the disk, for the run itself and for others. */
const diskReserveBytes = 256 * 1024 ** 2;

/** Part of the store's name: a version of the program with another format starts a store of its own. */
const formatVersion = 2;

/** A store at its limit is in so many files: what is evicted is a file. */
const filesOfFullStore = 16;

/** More files of one base come only from as many trainings at once; the newest are looked into. */
const mostFilesOpen = 32;

/** Which store is opened, and for what. */
export interface FeatureStoreOptions {
  readonly dir: string;
  /** Hash of everything that features depend on beside the image and its view: preprocessing, base, precision. */
  readonly base: string;
  /** How large the store may become; the oldest features go first. */
  readonly maxBytes?: number | undefined;
  /** How much of the disk is left free. */
  readonly reserveBytes?: number | undefined;
  /** Hears, once, of what is wrong with the store. */
  readonly emit: EmitEvent;
}

/** The name of a row: of which image, seen how. A string of 32 characters of one byte. */
export function rowKey(imageHash: string, viewKey: string): string {
  return createHash('sha256').update(`${imageHash}\0${viewKey}`).digest().toString('latin1');
}

interface Place {
  readonly segment: Segment;
  readonly row: number;
}

/**
 * The features of one base. Several processes may use a store at once: each appends to a file of its own, and reads
 * everybody's. A file that is open here stays readable when another process evicts it.
 */
export class FeatureStore {
  readonly #root: string;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #reserveBytes: number;
  readonly #places = new Map<string, Place>();
  /** By path. */
  readonly #segments = new Map<string, Segment>();
  #writer: Writer | undefined;
  /** Written since room was last looked for. */
  #uncheckedBytes = 0;
  #canWrite = true;
  #hasTold = false;
  #isKept = false;

  /** Never throws: a store that cannot be opened has nothing and keeps nothing. */
  constructor(readonly options: FeatureStoreOptions) {
    this.#maxBytes = options.maxBytes ?? storeLimitBytes;
    this.#reserveBytes = options.reserveBytes ?? diskReserveBytes;
    this.#root = join(options.dir, `features-v${formatVersion}`);
    this.#folder = join(this.#root, createHash('sha256').update(options.base).digest('hex').slice(0, 40));
    const files = listSegments(this.#folder).slice(-mostFilesOpen);
    const damaged = files.filter(file => !this.#open(file));
    if (damaged.length > 0)
      options.emit({
        type: 'warning',
        message: `The feature store ${options.dir}: ${clearDamaged(damaged)}`,
      });
  }

  /** How many numbers are stored under a key; undefined where there are none. */
  countOf(key: string): number | undefined {
    return this.#places.get(key)?.segment.format.count;
  }

  /**
   * Reads features as floats.
   * @param target takes them
   * @returns false where they are not stored, are damaged, or are not as many as the target takes
   */
  read(key: string, target: Float32Array): boolean {
    const place = this.#places.get(key);
    if (place === undefined || place.segment.format.count !== target.length) return false;
    try {
      if (place.segment.read(place.row, key, target)) return true;
    } catch (error) {
      this.#tell(error);
    }
    this.#places.delete(key);
    return false;
  }

  /** Stores features. @returns false where they are not stored, because the store cannot be written (any more) */
  put(key: string, features: Float32Array | QuantizedFeatures): boolean {
    if (!this.#canWrite) return false;
    try {
      const { segment } = this.#writerFor(formatOf(features));
      const row = segment.append(key, features instanceof Float32Array ? features : features.data);
      this.#places.set(key, { segment, row });
      this.#uncheckedBytes += segment.rowBytes;
      return true;
    } catch (error) {
      this.#stopWriting(error);
      return false;
    }
  }

  /** How many bytes can be written before the disk is down to its reserve. */
  freeBytes(): number {
    if (!this.#canWrite) return 0;
    try {
      makeFolder(this.#folder);
      const { bavail, bsize } = statfsSync(this.#folder);
      return Math.max(0, bavail * bsize - this.#reserveBytes);
    } catch (error) {
      this.#stopWriting(error);
      return 0;
    }
  }

  /** Keeps what is read or written from now on until the store is closed: it may grow beyond its limit. */
  keep(): void {
    this.#isKept = true;
  }

  /** Closes all files, then removes the oldest ones above the size limit. */
  close(): void {
    this.#releaseWriter();
    for (const segment of this.#segments.values()) segment.close();
    this.#segments.clear();
    this.#places.clear();
    if (this.#canWrite) evictSegments(this.#root, this.#maxBytes);
    this.#canWrite = false;
  }

  /** @returns false where its header is damaged */
  #open({ path, isTaken }: SegmentFile): boolean {
    try {
      const segment = Segment.open(path, 'r');
      // Another process may be about to write it.
      if (segment === undefined) return isTaken;
      this.#segments.set(path, segment);
      this.#index(segment);
    } catch (error) {
      // Another process may have evicted it, or taken it over, since it was listed.
      if (codeOf(error) !== 'ENOENT') this.#tell(error);
    }
    return true;
  }

  /** Where a row is in several files, the newest one's counts. */
  #index(segment: Segment): void {
    let row = 0;
    for (const key of segment.keys()) this.#places.set(key, { segment, row: row++ });
  }

  #writerFor(format: RowFormat): Writer {
    const most = this.#maxBytes / filesOfFullStore;
    if (this.#writer === undefined || this.#uncheckedBytes > Math.min(most, this.#reserveBytes / 16)) {
      this.#makeRoom();
    }
    const { segment } = this.#writer ?? {};
    if (segment !== undefined && (segment.bytes >= most || !isSameFormat(segment.format, format))) {
      this.#releaseWriter();
    }
    this.#writer ??= this.#takeOver(format, most) ?? createSegment(this.#folder, format);
    this.#segments.set(this.#writer.path, this.#writer.segment);
    return this.#writer;
  }

  /** @throws Error where the disk is down to its reserve */
  #makeRoom(): void {
    this.#uncheckedBytes = 0;
    const isNeeded = (path: string) => this.#isKept && this.#segments.has(path);
    for (const path of evictSegments(this.#root, this.#maxBytes, isNeeded)) this.#forget(path);
    if (this.freeBytes() > 0 || this.#reserveBytes === 0 || !this.#canWrite) return;
    const reserve = Math.round(this.#reserveBytes / 2 ** 20);
    throw new Error(`its disk has less than ${reserve} MiB free`);
  }

  /** A file of an earlier training that has room, and that nobody else appends to. */
  #takeOver(format: RowFormat, most: number): Writer | undefined {
    for (const { path: free, isTaken, bytes } of listSegments(this.#folder)) {
      if (isTaken || bytes >= most) continue;
      const writer = openToAppend(free, format);
      if (writer === undefined) continue;
      this.#forget(free);
      this.#index(writer.segment);
      return writer;
    }
    return undefined;
  }

  /** Others may append to the file from now on; it stays open for reading. */
  #releaseWriter(): void {
    if (this.#writer === undefined) return;
    const { path, segment } = this.#writer;
    this.#writer = undefined;
    this.#segments.delete(path);
    this.#segments.set(releaseSegment(path), segment);
  }

  /** Forgets a file's rows, and closes it. */
  #forget(path: string): void {
    const segment = this.#segments.get(path);
    if (segment === undefined) return;
    for (const [key, place] of this.#places) if (place.segment === segment) this.#places.delete(key);
    this.#segments.delete(path);
    if (this.#writer?.segment === segment) this.#writer = undefined;
    segment.close();
  }

  #stopWriting(error: unknown): void {
    this.#canWrite = false;
    this.#tell(error);
  }

  #tell(error: unknown): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    const message =
      `Features are not stored in ${this.options.dir}: ${describeWriteFailure(error)}. The store only saves time, so the work ` +
      'goes on without it. Free space or mend that folder, or name another one with --store DIR.';
    this.options.emit({ type: 'warning', message });
  }
}
