// Feature stores for tests: opened, filled, and their files.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { FeatureStore, type FeatureStoreOptions, rowKey } from '../../src/features/store.js';

/** Goes with all that is in it when the tests of a file are done. */
export const folder = mkdtempSync(join(tmpdir(), 'finetune-store-'));
after(() => rmSync(folder, { recursive: true }));

/** The key of an image by a name. */
export const key = (name: string | number) => rowKey(String(name), 'original');

interface OpenStore {
  readonly store: FeatureStore;
  readonly warnings: readonly string[];
}

/** Opens a store, with what it warns of. */
export function open(dir: string, options: Partial<FeatureStoreOptions> = {}): OpenStore {
  const warnings: string[] = [];
  const emit = (event: PipelineEvent) => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  return { store: new FeatureStore({ dir, base: 'base', emit, ...options }), warnings };
}

/** The row of an image, where there is one. */
export function read(store: FeatureStore, name: string | number, size: number): Float32Array | undefined {
  const target = new Float32Array(size);
  return store.read(key(name), target) ? target : undefined;
}

/** The store's files, in any order. */
export function filesOf(dir: string): string[] {
  const all = readdirSync(dir, { recursive: true, withFileTypes: true });
  return all.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
}

/** Rows of `count` numbers in a store that is closed again; the only file that holds them. */
export function fill(dir: string, rows: number, count = 1280): string {
  const { store } = open(dir);
  for (let i = 0; i < rows; i++) store.put(key(i), new Float32Array(count).fill(i));
  store.close();
  const [file = '', ...others] = filesOf(dir);
  assert.deepEqual(others, []);
  return file;
}
