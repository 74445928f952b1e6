// What lies in a folder, all of it, and what it is.

import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileDigest } from './file-digest.js';

/**
 * Lists the files of a folder and of those in it.
 * @returns their paths, relative and with `/`, in order
 * @throws Error for what is neither a file nor a folder, e.g. a link, and for an empty folder
 */
export async function listFolderFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.map(entry => ({ entry, path: toPath(dir, join(entry.parentPath, entry.name)) }));
  for (const { entry, path } of paths) {
    if (entry.isFile()) continue;
    if (!entry.isDirectory()) throw new Error(`${path} is neither a file nor a folder`);
    if (!paths.some(other => other.path.startsWith(`${path}/`)))
      throw new Error(`${path} is an empty folder`);
  }
  return paths
    .filter(({ entry }) => entry.isFile())
    .map(({ path }) => path)
    .sort();
}

function toPath(dir: string, path: string): string {
  return relative(dir, path).split(sep).join('/');
}

/** sha-256 of every file of a folder, by its path, in order. */
export async function hashFolderFiles(dir: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const path of await listFolderFiles(dir)) hashes[path] = await fileDigest(join(dir, path), 'sha256');
  return hashes;
}
