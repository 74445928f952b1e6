// What bases are measured on: photos of a folder, or made-up ones.

import { generateImages } from '../data/generated-images.js';
import type { InputRules } from '../data/image-rules.js';
import { listImages } from '../data/list-images.js';
import { preprocess } from '../data/preprocess.js';
import { type NetworkInput, readImage } from '../data/read-image.js';
import { FinetuneError } from '../errors.js';
import type { EmitEvent } from '../events.js';

/** Gives the images as input of a network. */
export type ImageSource = (rules: InputRules) => Promise<readonly NetworkInput[]>;

/** As many as training calibrates on: others would change neither the quantised network nor its speed. */
const mostPhotos = 32;

/**
 * Opens a folder of photos, in sub-folders or not; without one, images are generated.
 * @param emit hears of each photo that cannot be read, once
 * @throws FinetuneError `not-found` | `bad-data-set`
 */
export async function openImageSource(folder: string | undefined, emit: EmitEvent): Promise<ImageSource> {
  if (folder === undefined) return makeInputs;
  const paths = new Set(takeEvenly(await listPhotos(folder), mostPhotos));
  return async rules => {
    const inputs = await readPhotos(paths, rules, emit);
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

async function listPhotos(folder: string): Promise<string[]> {
  const paths = await listImages(folder).catch((cause: unknown) => {
    throw new FinetuneError('not-found', `No folder ${folder}. Expected a folder of photos.`, { cause });
  });
  if (paths.length > 0) return paths;
  throw new FinetuneError('bad-data-set', `No images in ${folder}. Expected JPEG, PNG or WebP files.`);
}

/** From the whole list, not from the first class alone. */
function takeEvenly(paths: readonly string[], most: number): string[] {
  const step = Math.max(1, paths.length / most);
  return paths.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}

/** Photos that cannot be read are told of, and leave `paths`. */
async function readPhotos(paths: Set<string>, rules: InputRules, emit: EmitEvent): Promise<NetworkInput[]> {
  const inputs: NetworkInput[] = [];
  for (const path of paths) {
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
