// Where a download goes: to its name, unless what has that name is another file.

import { stat } from 'node:fs/promises';
import { join, parse } from 'node:path';

/** A place in a folder of downloads. */
export interface DownloadPlace<Content> {
  readonly path: string;
  /** What was read there; undefined where nothing is there yet. */
  readonly content: Content | undefined;
}

/**
 * Finds a download that is there, or the place for it. A file of its name that is not right may be somebody's own: it
 * stays as it is, and the download goes beside it, e.g. to `weights-2.h5`.
 * @param read gives undefined for a file that is not the one that is wanted
 */
export async function findDownloadPlace<Content>(
  path: string,
  read: (path: string) => Promise<Content | undefined>,
): Promise<DownloadPlace<Content>> {
  const { dir, name, ext } = parse(path);
  for (let number = 1; ; number++) {
    const place = number === 1 ? path : join(dir, `${name}-${number}${ext}`);
    if ((await stat(place).catch(() => undefined)) === undefined) return { path: place, content: undefined };
    const content = await read(place);
    if (content !== undefined) return { path: place, content };
  }
}
