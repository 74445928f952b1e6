// Rows of features while they are gathered, and afterwards. In memory they are one matrix: as arrays of their own that
// are joined later they would be there twice. What would not fit stays in the feature store, and is read from there.

import { totalmem } from 'node:os';
import { FinetuneError, refuseOption } from '../errors.js';
import type { EmitEvent } from '../events.js';
import type { TrainingData } from '../training/data.js';
import type { FeatureStore } from './store.js';
import { type QuantizedFeatures, writeFloats } from './store-segment.js';

/** Rows that are being filled in, in any order. Images of the same content and view have one key. */
export interface FeatureRows {
  /** Takes a row from the store. @returns false where it is not there, or damaged */
  take(key: string): boolean;
  /** Fills a row in, and stores it. */
  set(key: string, features: Float32Array | QuantizedFeatures): void;
  /** Ends the filling. @returns for each place in the order of the keys, whether its row was filled in */
  finish(): { readonly filled: readonly boolean[]; readonly source: RowSource };
}

/** Rows that are filled in, numbered from 0 without gaps. */
export interface RowSource {
  /** `[rows.length, size]` */
  read(rows: readonly number[]): Float32Array | Promise<Float32Array>;
  /** `[end - start, size]`, where they are in memory: no copy. */
  slice(start: number, end: number): Float32Array | undefined;
  /** As training data has it; absent where an epoch sees what `read` gives. */
  readonly drawEpoch?: TrainingData['drawEpoch'];
  /** From now on row `i` is what was row `order[i]`. */
  reorder(order: readonly number[]): void;
  /** Nothing is read afterwards. */
  close(): void;
}

/** Where rows go, and how many there are. */
export interface RowPlan {
  /** The key of each place, in order. */
  readonly keys: readonly string[];
  /** Numbers of a row. */
  readonly size: number;
  readonly store: FeatureStore;
  /** In bytes; by default a quarter of the machine's memory. */
  readonly memoryBudget?: number | undefined;
  readonly emit: EmitEvent;
}

/**
 * Decides where rows are kept: in memory within the budget, else in the store, else in memory after all.
 * @throws FinetuneError `bad-option` where they fit nowhere
 */
export function planRows(plan: RowPlan): FeatureRows {
  const { keys, size, store, emit, memoryBudget = machineMemory() / 4 } = plan;
  const bytes = keys.length * size * 4;
  if (bytes <= memoryBudget) return new MemoryRows(plan);
  const missing = new Set(keys.filter(key => store.countOf(key) !== size)).size;
  if (store.freeBytes() >= missing * size * 4) return new StoredRows(plan);
  const amount = `The features of ${keys.length} images take ${inGigabytes(bytes)}`;
  if (bytes > machineMemory() * mostOfMemory) {
    refuseOption(
      `${amount}: more than the memory of this machine, and more than the feature store has room for. ` +
        'Name a store on a larger disk with --store DIR, cut the backbone further up, or take fewer images.',
    );
  }
  emit({
    type: 'warning',
    message: `${amount} of memory: the feature store has no room for them. --store DIR names one on another disk.`,
  });
  return new MemoryRows(plan);
}

/** What features may take of the machine's memory where there is no other way. */
const mostOfMemory = 0.75;

/** In bytes, a container's limit counted in. */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** One matrix, which grows in memory as it is filled in. */
class MemoryRows implements FeatureRows, RowSource {
  readonly #keys: readonly string[];
  readonly #size: number;
  readonly #store: FeatureStore;
  /** Where a key's row lies: at the first of its places, then, at the end, at the last one that was moved. */
  readonly #places: Map<string, number>;
  readonly #filled = new Set<string>();
  #matrix: Float32Array;

  constructor({ keys, size, store }: RowPlan) {
    this.#keys = keys;
    this.#size = size;
    this.#store = store;
    this.#matrix = new Float32Array(keys.length * size);
    // From the last to the first, so that the first place of a key stays.
    this.#places = new Map(keys.map((key, place) => [key, place] as const).reverse());
  }

  take(key: string): boolean {
    const isThere = this.#store.read(key, this.#row(this.#placeOf(key)));
    if (isThere) this.#filled.add(key);
    return isThere;
  }

  set(key: string, features: Float32Array | QuantizedFeatures): void {
    writeFloats(features, this.#row(this.#placeOf(key)));
    this.#filled.add(key);
    this.#store.put(key, features);
  }

  finish() {
    this.#store.close();
    const filled = this.#keys.map(key => this.#filled.has(key));
    let end = 0;
    for (const [place, key] of this.#keys.entries()) {
      if (!filled[place]) continue;
      const from = this.#placeOf(key) * this.#size;
      // Nothing that is still needed is written over: rows only move towards the beginning.
      this.#matrix.copyWithin(end * this.#size, from, from + this.#size);
      this.#places.set(key, end++);
    }
    this.#matrix = this.#matrix.subarray(0, end * this.#size);
    return { filled, source: this };
  }

  read(rows: readonly number[]): Float32Array {
    const chosen = new Float32Array(rows.length * this.#size);
    for (const [i, row] of rows.entries()) chosen.set(this.#row(row), i * this.#size);
    return chosen;
  }

  slice(start: number, end: number): Float32Array {
    return this.#matrix.subarray(start * this.#size, end * this.#size);
  }

  /** In place: a second matrix might not fit in memory. Each row goes where the one before it in its cycle was. */
  reorder(order: readonly number[]): void {
    const first = new Float32Array(this.#size);
    const isDone = new Uint8Array(order.length);
    for (const start of order.keys()) {
      if (isDone[start]) continue;
      first.set(this.#row(start));
      let at = start;
      for (let from = order[at]; from !== undefined && from !== start; at = from, from = order[at]) {
        this.#row(at).set(this.#row(from));
        isDone[at] = 1;
      }
      this.#row(at).set(first);
      isDone[at] = 1;
    }
  }

  close(): void {
    this.#matrix = new Float32Array();
  }

  #row(place: number): Float32Array {
    return this.slice(place, place + 1);
  }

  #placeOf(key: string): number {
    const place = this.#places.get(key);
    if (place === undefined) throw new Error('a row that nobody has planned');
    return place;
  }
}

/** Rows that lie in the store, which stays open and evicts none of them. */
class StoredRows implements FeatureRows, RowSource {
  readonly #size: number;
  readonly #store: FeatureStore;
  readonly #filled = new Set<string>();
  readonly #row: Float32Array;
  #keys: readonly string[];

  constructor({ keys, size, store }: RowPlan) {
    this.#keys = keys;
    this.#size = size;
    this.#store = store;
    this.#row = new Float32Array(size);
    store.keep();
  }

  take(key: string): boolean {
    const isThere = this.#store.read(key, this.#row);
    if (isThere) this.#filled.add(key);
    return isThere;
  }

  set(key: string, features: Float32Array | QuantizedFeatures): void {
    if (!this.#store.put(key, features)) throw lostRoom('cannot be written any more');
    this.#filled.add(key);
  }

  finish() {
    const filled = this.#keys.map(key => this.#filled.has(key));
    this.#keys = this.#keys.filter(key => this.#filled.has(key));
    return { filled, source: this };
  }

  read(rows: readonly number[]): Float32Array {
    const chosen = new Float32Array(rows.length * this.#size);
    for (const [i, row] of rows.entries()) {
      const target = chosen.subarray(i * this.#size, (i + 1) * this.#size);
      const key = this.#keys[row];
      if (key === undefined || !this.#store.read(key, target)) throw lostRoom('has been changed meanwhile');
    }
    return chosen;
  }

  slice(): undefined {
    return undefined;
  }

  reorder(order: readonly number[]): void {
    const keys = this.#keys;
    this.#keys = order.flatMap(row => keys[row] ?? []);
  }

  close(): void {
    this.#store.close();
  }
}

function lostRoom(what: string): FinetuneError {
  return new FinetuneError(
    'bad-data-set',
    `The feature store ${what}, and the features of this data set do not fit in memory. ` +
      'Train again, with --store DIR on a disk that has room for them.',
  );
}
