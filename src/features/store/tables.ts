// The feature store's two LMDB tables, and what happens in them: features by key, and keys by age.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { checkStoreFile } from './file.js';

export interface StoreTables {
  readonly root: RootDatabase;
  readonly features: Database<Buffer, string>;
  /** Keys in the order in which they came. */
  readonly ages: Database<string, string>;
}

/** After eviction the store is this full, so that the next few features do not evict again. */
export const fillAfterEviction = 0.9;

/** Opens the tables in a folder of their own; makes it if it is missing. */
export function openTables(path: string): StoreTables {
  mkdirSync(path, { recursive: true });
  checkStoreFile(join(path, 'data.mdb'));
  const root = open({ path, maxDbs: 2, noSubdir: false });
  return {
    root,
    features: root.openDB({ name: 'features', encoding: 'binary' }),
    ages: root.openDB({ name: 'ages', encoding: 'string' }),
  };
}

let lastPut = 0;

/** Writes a record in the background. Both writes are one transaction, because they are asked for in the same turn. */
export async function putRecord({ features, ages }: StoreTables, key: string, record: Buffer): Promise<void> {
  // Never the same twice in a process; the process' number tells it from those of others.
  lastPut = Math.max(lastPut + 1, Date.now() * 1000);
  const age = `${String(lastPut).padStart(17, '0')}-${process.pid}`;
  await Promise.all([features.put(key, record), ages.put(age, key)]);
}

/** Removes the oldest records when the tables take more than `maxBytes` on disk. */
export async function evict({ root, features, ages }: StoreTables, maxBytes: number): Promise<void> {
  const stats = [features, ages].map(table => table.getStats() as TableStats);
  const used = stats.map(usedBytes).reduce((sum, bytes) => sum + bytes, 0);
  if (used <= maxBytes) return;
  let excess = used - maxBytes * fillAfterEviction;
  await root.transaction(() => {
    for (const { key: age, value: key } of ages.getRange()) {
      if (excess <= 0) return;
      excess -= bytesOnPages(features.getBinaryFast(key)?.length ?? 0, stats[0]!.pageSize);
      features.remove(key);
      ages.remove(age);
    }
  });
}

interface TableStats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** Bytes on disk that hold something. The file itself never shrinks, but what eviction frees is used again. */
function usedBytes({ pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages }: TableStats): number {
  return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
}

/** What a record takes: small ones share a page, large ones have pages of their own. */
function bytesOnPages(bytes: number, pageSize: number): number {
  return bytes < pageSize / 2 ? bytes : Math.ceil(bytes / pageSize) * pageSize;
}
