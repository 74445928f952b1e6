// What the frozen base said about an image, on disk, so that it need not be asked again.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FinetuneError, messageOf } from '../../errors.js';
import { decodeFeatures, encodeFeatures, type QuantizedFeatures } from './record.js';
import { evict, fillAfterEviction, openTables, putRecord, type StoreTables } from './tables.js';

/** Records share pages or fill them only in part: the memory that they take is up to twice this. */
const mostTouchedBytes = 8 * 1024 ** 2;

/** Part of the store's name: a version of the program with another format starts a store of its own. */
const formatVersion = 1;

export interface FeatureStoreOptions {
  /** How large the store may become on disk; the oldest features go first. */
  readonly maxBytes: number;
}

/** The name under which an image's features are stored: they depend on nothing but these three. */
export function featureKey(of: {
  /** Of the image file's bytes. */
  readonly imageHash: string;
  /** Of resize rule, input shape, preprocessing and view. */
  readonly preprocessingHash: string;
  /** Of topology, weights, cut and runtime precision. */
  readonly baseHash: string;
}): string {
  const parts = [of.imageHash, of.preprocessingHash, of.baseHash];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * Opens the store in a folder, which is made if it is missing. Several processes may use one store at once.
 * @throws FinetuneError `bad-model` when the store is damaged or cannot be written
 */
export function openFeatureStore(dir: string, { maxBytes }: FeatureStoreOptions): FeatureStore {
  return new FeatureStore(join(dir, `features-v${formatVersion}`), maxBytes);
}

/** A store that is open. Every method throws a FinetuneError `bad-model` when the store turns out to be damaged. */
export class FeatureStore {
  #tables: StoreTables;
  readonly #writes = new Set<Promise<void>>();
  #evicting = Promise.resolve();
  #uncheckedBytes = 0;
  #touchedBytes = 0;

  constructor(
    readonly path: string,
    readonly maxBytes: number,
  ) {
    this.#tables = this.#guard(() => openTables(path));
  }

  /** The features of a key, or undefined where they are not stored; quantised ones come back as floats. */
  get(key: string): Float32Array | undefined {
    return this.#guard(() => {
      const record = this.#tables.features.getBinary(key);
      this.#touchedBytes += record?.length ?? 0;
      return record === undefined ? undefined : decodeFeatures(record);
    });
  }

  /** Whether the features of a key are stored. */
  has(key: string): boolean {
    return this.#guard(() => this.#tables.features.doesExist(key));
  }

  /** Stores features; they are written in the background, at the latest by `close`. */
  put(key: string, features: Float32Array | QuantizedFeatures): void {
    const record = encodeFeatures(features);
    this.#track(this.#guard(() => putRecord(this.#tables, key, record)));
    this.#touchedBytes += record.length;
    this.#uncheckedBytes += record.length;
    if (this.#uncheckedBytes < this.maxBytes * (1 - fillAfterEviction)) return;
    this.#uncheckedBytes = 0;
    this.#evicting = this.#evicting.then(() => evict(this.#tables, this.maxBytes));
    this.#track(this.#evicting);
  }

  /**
   * To be called between images: the store's file is mapped, and what was read or written of it counts as this process'
   * memory until the store is opened anew. That happens here when it has become much.
   */
  async releaseMemory(): Promise<void> {
    if (this.#touchedBytes < mostTouchedBytes) return;
    this.#touchedBytes = 0;
    try {
      await Promise.all(this.#writes);
      await this.#tables.root.close();
      this.#tables = openTables(this.path);
    } catch (cause) {
      throw this.#damaged(cause);
    }
  }

  /** Waits until everything is on disk, removes the oldest features above the size limit, and closes. */
  async close(): Promise<void> {
    try {
      await Promise.all(this.#writes);
      await evict(this.#tables, this.maxBytes);
      await this.#tables.root.flushed;
    } catch (cause) {
      throw this.#damaged(cause);
    } finally {
      await this.#tables.root.close();
    }
  }

  /** A failed write is told by `close`; until then it must not count as unhandled. */
  #track(write: Promise<void>): void {
    this.#writes.add(write);
    write.then(() => this.#writes.delete(write)).catch(() => undefined);
  }

  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (cause) {
      throw this.#damaged(cause);
    }
  }

  #damaged(cause: unknown): FinetuneError {
    return new FinetuneError(
      'bad-model',
      `The feature store ${this.path} cannot be used: ${messageOf(cause)}. It only saves time: ` +
        'delete that folder, or name another one with --store DIR.',
      { cause },
    );
  }
}
