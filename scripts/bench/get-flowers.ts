// Gets the 800 photos of flowers that the benchmarks run on: TensorFlow's flower_photos (3,670 photos, CC BY), of which
// flowers.txt beside this file names 120 a class to train on and 40 a class to validate on.
//
//   npx tsx scripts/bench/get-flowers.ts [--out .cache/bench/flowers] [--archive flower_photos.tgz]
//
// Downloads 229 MB once. Where the host is out of reach, bring the archive from elsewhere and name it with --archive.
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { downloadFile } from '../../src/system/download.js';
import { fileDigest } from '../../src/system/file-digest.js';
import { runProcess } from './process.js';

/** Where the photos come from, and which of them are taken. */
export interface FlowersSource {
  readonly url: string;
  /** The md5 of the archive, hex. */
  readonly md5: string;
  /** Lines `train/daisy/x.jpg` or `val/daisy/x.jpg`. */
  readonly list: string;
}

const published: Omit<FlowersSource, 'list'> = {
  url: 'https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz',
  md5: '6f87fb78e9cc9ab41eff2015b380011d',
};

/**
 * Makes a folder with `train/` and `val/`, each with a folder per class.
 * @param out must not exist yet; appears only when all photos are in it
 * @param archive a file that is there already, instead of downloading
 * @throws Error where the archive is another one than the published, or lacks a photo
 */
export async function getFlowers(source: FlowersSource, out: string, archive?: string): Promise<void> {
  await mkdir(dirname(out), { recursive: true });
  const work = await mkdtemp(`${out}.unfinished-`);
  try {
    const file = archive ?? join(work, 'flower_photos.tgz');
    if (archive === undefined) await downloadFile([source.url], file, { md5: source.md5 });
    const received = await fileDigest(file, 'md5');
    if (received !== source.md5) {
      throw new Error(`${file} is not the published archive: its md5 is ${received}, not ${source.md5}.`);
    }
    await runProcess('tar', ['-xzf', resolve(file), '-C', work]);
    for (const path of source.list.trim().split('\n')) await take(work, path);
    await rename(join(work, 'chosen'), out);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Moves a photo from the archive's folder of its class to its place. */
async function take(work: string, path: string): Promise<void> {
  const target = join(work, 'chosen', path);
  await mkdir(dirname(target), { recursive: true });
  await rename(join(work, 'flower_photos', basename(dirname(path)), basename(path)), target);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { out: { type: 'string', default: '.cache/bench/flowers' }, archive: { type: 'string' } },
  });
  const list = await readFile(join(import.meta.dirname, 'flowers.txt'), 'utf8');
  await getFlowers({ ...published, list }, resolve(values.out), values.archive);
  console.log(`${values.out}: ${list.trim().split('\n').length} photos`);
}

if (process.argv[1] === import.meta.filename) await main();
