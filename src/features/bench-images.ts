// What bases are measured on: images of a folder, or made-up ones.

import { generateImages } from '../data/generated-images.js';
import type { InputRules } from '../data/image-rules.js';
import { listImages } from '../data/list-images.js';
import { preprocess } from '../data/preprocess.js';
import { type NetworkInput, readImage } from '../data/read-image.js';
import { FinetuneError } from '../errors.js';
import type { Context } from '../system/context.js';

/** Gives the images as input of a network. */
export type BenchImages = (rules: InputRules) => Promise<readonly NetworkInput[]>;

/** More would change neither the quantized network nor its speed. */
const mostImages = 32;

/**
 * Opens a folder of images, in sub-folders or not; without one, images are generated.
 * Each image that cannot be read is told of once.
 * @throws FinetuneError `not-found` | `bad-data-set`
 */
export async function openBenchImages(folder: string | undefined, context: Context): Promise<BenchImages> {
  if (folder === undefined) return makeInputs;
  const paths = new Set(takeEvenly(await listFolder(folder), mostImages));
  return async rules => {
    const inputs = await readImages(paths, rules, context);
    if (inputs.length > 0) return inputs;
    throw new FinetuneError('bad-data-set', `No image in ${folder} can be read.`);
  };
}

async function makeInputs({ size, channels, preprocessing }: InputRules): Promise<NetworkInput[]> {
  return generateImages(size, channels).map(({ data }) => ({
    input: preprocess(data, preprocessing),
    shape: [1, ...size, channels],
  }));
}

async function listFolder(folder: string): Promise<string[]> {
  const paths = await listImages(folder).catch((cause: unknown) => {
    throw new FinetuneError('not-found', `No folder ${folder}. Expected a folder of images.`, { cause });
  });
  if (paths.length > 0) return paths;
  throw new FinetuneError('bad-data-set', `No images in ${folder}. Expected JPEG, PNG or WebP files.`);
}

/** From the full list, not from the first class alone. */
function takeEvenly(paths: readonly string[], most: number): string[] {
  const step = Math.max(1, paths.length / most);
  return paths.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}

/** Images that cannot be read leave `paths`. */
async function readImages(
  paths: Set<string>,
  rules: InputRules,
  { emit, signal }: Context,
): Promise<NetworkInput[]> {
  const inputs: NetworkInput[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    const read = await readImage(path, rules);
    if ('reason' in read) {
      paths.delete(path);
      emit({ type: 'bad-image', image: { path, ...read } });
    } else {
      inputs.push(read);
    }
  }
  return inputs;
}
