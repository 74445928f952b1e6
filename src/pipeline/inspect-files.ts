// What `inspect` writes: a list of images to leave out, and a page to look at. Nothing else is ever replaced by them.

import { accessSync, constants, existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type ListedImage, listHeading, renderList } from '../data/image-list.js';
import { reasonOfBadImage } from '../data/read-image.js';
import { makeThumbnail } from '../data/thumbnail.js';
import { refuseOption } from '../errors.js';
import type { CopyGroup, Inspection } from '../features/inspection.js';
import { listShownImages, pageHeading, renderInspectionPage } from '../report/inspect-page.js';
import { writeAtomically } from '../system/atomic-write.js';
import type { Context } from '../system/context.js';
import { isTextAsSealed, sealText } from '../system/seal.js';
import { explainWriteFailure } from '../system/write-failure.js';
import type { SettledInspectOptions } from './inspect-options.js';

type Targets = Pick<SettledInspectOptions, 'writeList' | 'html' | 'force' | 'data'>;

/**
 * Refuses to write where something lies that `inspect` has not written, or that it is not told to replace.
 * @throws FinetuneError `bad-option`
 */
export async function validateTargets({ writeList, html, force }: Targets): Promise<void> {
  if (writeList !== undefined && html !== undefined && resolve(writeList) === resolve(html))
    refuseOption('--write-list and --html name the same file. Choose two.');
  if (writeList !== undefined)
    await validateTarget('--write-list', writeList, { heading: listHeading, force });
  if (html !== undefined) await validateTarget('--html', html, { heading: pageHeading, force });
}

interface Existing {
  /** How a file begins that `inspect` has written. */
  readonly heading: string;
  readonly force: boolean;
}

async function validateTarget(option: string, path: string, { heading, force }: Existing): Promise<void> {
  const start = await readStart(path, heading.length);
  if (start === undefined) return validateFolder(option, dirname(resolve(path)));
  if (start !== heading) {
    refuseOption(
      `${option} ${path} is there already and was not written by inspect, so it is not replaced. Choose another file.`,
    );
  }
  if (!force)
    refuseOption(`${option} ${path} is there already. Choose another file, or say --force to replace it.`);
  if (!isTextAsSealed(await readFile(path, 'utf8')))
    refuseOption(`${option} ${path} was edited since, so it is not replaced. Choose another file.`);
}

/** Looked at now, for after the work nothing of it could be kept. */
function validateFolder(option: string, folder: string): void {
  if (!existsSync(folder))
    refuseOption(`${option}: the folder ${folder} is not there. Make it, or choose another.`);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw explainWriteFailure(folder, error, option);
  }
}

/** The beginning of a file; undefined where there is none. */
async function readStart(path: string, length: number): Promise<string | undefined> {
  const file = await open(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return '';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Writes what was asked for.
 * @returns where it lies
 * @throws FinetuneError `not-written`
 */
export async function writeFindings(
  found: Inspection,
  { data, writeList, html }: Targets,
  { signal }: Context,
): Promise<Pick<Inspection, 'list' | 'page'>> {
  signal.throwIfAborted();
  if (writeList !== undefined) {
    const list = sealText(renderList(listToLeaveOut(found)), words => `# ${words}`);
    await writeAtomically(writeList, list);
  }
  if (html !== undefined) await writePage(found, { data, html, signal });
  return { list: writeList, page: html };
}

interface PageTarget {
  readonly data: string;
  readonly html: string;
  readonly signal: AbortSignal;
}

async function writePage(found: Inspection, { data, html, signal }: PageTarget): Promise<void> {
  const thumbnails = new Map<string, string>();
  for (const path of listShownImages(found)) {
    signal.throwIfAborted();
    const thumbnail = await makeThumbnail(join(data, path)).catch(reasonOfBadImage);
    // A file that cannot be read has no picture, but a reason.
    if (thumbnail.startsWith('data:')) thumbnails.set(path, thumbnail);
  }
  const page = renderInspectionPage(found, thumbnails);
  await writeAtomically(
    html,
    sealText(page, words => `<!-- ${words} -->`),
  );
}

/** What is surely wrong, then, as comments, what only may be. An image is listed once. */
export function listToLeaveOut({ bad, copies, suspiciousLabels, unusual }: Inspection): ListedImage[] {
  const flat = unusual.filter(({ kind }) => kind === 'flat');
  const listed: ListedImage[] = [
    ...bad.map(({ path }) => ({ path, reason: 'Cannot be read, or damaged' })),
    ...ofCopies(copies, 'classes', 'Copies of one picture in several classes: which is right?'),
    ...ofCopies(copies, 'subsets', 'Copies of one picture in several subsets, all but one'),
    ...ofCopies(copies, 'nothing', 'Copies of one picture, all but one'),
    ...suspiciousLabels.map(({ path }) => ({ path, reason: 'Labels that the other photos contradict' })),
    ...flat.map(({ path }) => ({ path, reason: 'Photos on which there is next to nothing' })),
    ...unusual
      .filter(({ kind }) => kind !== 'flat')
      .map(({ path, kind }) => ({ path, reason: `Unusual: ${kind}`, isOptional: true })),
  ];
  const seen = new Set<string>();
  return listed.filter(({ path }) => !seen.has(path) && seen.add(path));
}

/** Where classes contradict each other all images go; else one stays, which is for testing if one of them is. */
function ofCopies(copies: readonly CopyGroup[], across: CopyGroup['across'], reason: string): ListedImage[] {
  const rank = { test: 0, val: 1, train: 2 };
  return copies
    .filter(group => group.across === across)
    .flatMap(({ images }) => {
      const ordered = [...images].sort((a, b) => rank[a.subset] - rank[b.subset]);
      return across === 'classes' ? ordered : ordered.slice(1);
    })
    .map(({ path }) => ({ path, reason }));
}
