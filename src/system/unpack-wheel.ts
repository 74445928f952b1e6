// Files out of a wheel, which is a ZIP archive: only those that are used, streamed to disk.

import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { makeFolder } from './make-folder.js';

/** Far above the largest file in TensorFlow's wheels (0.8 GB) and CUDA's (0.9 GB). */
const largestFile = 4 * 1024 ** 3;

/** A page of metadata. */
const largestText = 1024 ** 2;

/**
 * Unpacks the files whose name `place` gives a place.
 * @param target the folder, and what stops the unpacking
 * @param place the path under `directory` for a name in the archive, or undefined to leave it out
 * @returns the paths under `directory`
 * @throws an `AbortError` once the signal is aborted
 */
export async function unpackWheel(
  wheel: string,
  { directory, signal }: { readonly directory: string; readonly signal?: AbortSignal | undefined },
  place: (name: string) => string | undefined,
): Promise<string[]> {
  const unpacked: string[] = [];
  await eachEntry(wheel, async (zip, entry) => {
    const path = place(entry.fileName);
    if (path === undefined) return;
    if (entry.uncompressedSize > largestFile) throw new Error(`${entry.fileName} in ${wheel} is too large.`);
    // Node would refuse it too, but only when the stream is open to which nobody listens yet.
    if (path.includes('\0')) throw new Error(`${wheel} holds a file whose name is none.`);
    const target = join(directory, path);
    makeFolder(dirname(target));
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target, { flush: true }), {
      ...(signal && { signal }),
    });
    unpacked.push(path);
  });
  return unpacked;
}

/** The text of the file whose name matches, or an empty one. */
export async function readWheelText(wheel: string, name: RegExp): Promise<string> {
  let found = '';
  await eachEntry(wheel, async (zip, entry) => {
    if (!name.test(entry.fileName) || entry.uncompressedSize > largestText) return;
    found = await text(await zip.openReadStreamPromise(entry));
  });
  return found;
}

/** yauzl refuses names that are absolute or climb out of the folder. */
async function eachEntry(wheel: string, visit: (zip: ZipFile, entry: Entry) => Promise<void>): Promise<void> {
  const zip = await openPromise(wheel, { autoClose: false, strictFileNames: true });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/')) await visit(zip, entry);
    }
  } finally {
    zip.close();
  }
}
