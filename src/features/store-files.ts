// The files of the feature store: which there are, who appends to them, and which go when there are too many.
// A file's name is `ID.rows`, and `ID.rows.OWNER` while a process appends to it.

import { randomUUID } from 'node:crypto';
import { readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAtWork, ownerName } from '../system/owner.js';
import { isSameFormat, type RowFormat, Segment } from './store-segment.js';

const extension = '.rows';

/** After eviction the store is this full, so that the next few features do not evict again. */
const fillAfterEviction = 0.9;

/** A file of rows in the store. */
export interface SegmentFile {
  readonly path: string;
  /** Whether a process that is alive, or that cannot be seen from here, appends to it. */
  readonly isTaken: boolean;
  readonly bytes: number;
  /** When it was last appended to, in milliseconds. */
  readonly modified: number;
}

/** Files that have the name of one of ours, oldest first; none where there is no such folder. */
export function listSegments(folder: string): SegmentFile[] {
  const files = namesIn(folder).flatMap(name => {
    const [own, owner] = /^[0-9a-f-]{36}\.rows(?:\.(\w+-\d+-\d+))?$/.exec(name) ?? [];
    if (own === undefined) return [];
    const path = join(folder, name);
    const status = statSync(path, { throwIfNoEntry: false });
    if (!status?.isFile()) return [];
    return {
      path,
      isTaken: owner !== undefined && isAtWork(owner),
      bytes: status.size,
      modified: status.mtimeMs,
    };
  });
  return files.sort((a, b) => a.modified - b.modified);
}

/** A file that this process appends to. */
export interface Writer {
  readonly path: string;
  readonly segment: Segment;
}

/** Begins a new file. */
export function createSegment(folder: string, format: RowFormat): Writer {
  const path = join(folder, `${randomUUID()}${extension}.${ownerName()}`);
  try {
    return { path, segment: Segment.create(path, format) };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/**
 * Takes a file over that nobody appends to. Before that it is only read: it might be somebody else's.
 * @returns undefined where another process was faster, or the file is none of ours, damaged, or of another format
 */
export function openToAppend(free: string, format: RowFormat): Writer | undefined {
  const found = formatAt(free);
  if (found === undefined || !isSameFormat(found, format)) return undefined;
  const path = `${nameWithoutOwner(free)}.${ownerName()}`;
  if (!isRenamed(free, path)) return undefined;
  const segment = openIfPermitted(path, 'r+');
  if (segment === undefined) {
    releaseSegment(path);
    return undefined;
  }
  segment.dropTornRow();
  return { path, segment };
}

/** What a file's rows are, as its header says; undefined where it is no file of ours. */
function formatAt(path: string): RowFormat | undefined {
  const segment = openIfPermitted(path, 'r');
  segment?.close();
  return segment?.format;
}

function openIfPermitted(path: string, flags: 'r' | 'r+'): Segment | undefined {
  try {
    return Segment.open(path, flags);
  } catch {
    // Gone, or another user's, which can be read, perhaps.
    return undefined;
  }
}

/**
 * Removes a file that cannot be opened, if its content proves that it is one of ours: nothing can be read from it.
 * @returns false where it stays
 */
export function removeDamaged({ path, isTaken }: SegmentFile): boolean {
  try {
    if (isTaken || !Segment.isDamaged(path)) return false;
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Removes those of ours among files that cannot be opened: nothing would ever read them or append to them.
 * @returns what to tell
 */
export function clearDamaged(files: readonly SegmentFile[]): string {
  const left = files.filter(file => !removeDamaged(file)).map(({ path }) => path);
  const removed = files.length - left.length;
  const sentences = [
    removed > 0 && `${removed} damaged ${removed === 1 ? 'file was' : 'files were'} removed from it.`,
    left.length > 0 && `${left.join(', ')}: damaged, or not written by this program, and left as it is.`,
  ];
  return [...sentences, 'What was in there is computed again.'].filter(Boolean).join(' ');
}

/** Lets others append to a file. @returns its new path */
export function releaseSegment(path: string): string {
  const free = nameWithoutOwner(path);
  return isRenamed(path, free) ? free : path;
}

/**
 * Removes the oldest files of all bases when they are larger than `maxBytes` together, if their headers say that they
 * are files of ours.
 * @param isNeeded tells of files that have to stay, beside those that processes append to
 * @returns the paths of those that went
 */
export function evictSegments(
  root: string,
  maxBytes: number,
  isNeeded: (path: string) => boolean = () => false,
): string[] {
  const folders = namesIn(root).map(name => join(root, name));
  const files = folders.flatMap(listSegments).sort((a, b) => a.modified - b.modified);
  if (sizeOf(files) <= maxBytes) return [];
  const own = files.filter(file => formatAt(file.path) !== undefined);
  for (const file of files) if (!own.includes(file)) removeDamaged(file);
  let bytes = sizeOf(own);
  if (bytes <= maxBytes) return [];
  const evicted: string[] = [];
  for (const file of own) {
    if (bytes <= maxBytes * fillAfterEviction) break;
    if (file.isTaken || isNeeded(file.path)) continue;
    rmSync(file.path, { force: true });
    evicted.push(file.path);
    bytes -= file.bytes;
  }
  removeEmpty(folders);
  return evicted;
}

function sizeOf(files: readonly SegmentFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders) {
    if (namesIn(folder).length > 0) continue;
    try {
      rmdirSync(folder);
    } catch {
      // Another process has just begun a file in it.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, no folder, or not readable: no files that could be used.
    return [];
  }
}

function nameWithoutOwner(path: string): string {
  return path.slice(0, path.lastIndexOf(extension) + extension.length);
}

function isRenamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}
