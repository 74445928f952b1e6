// A classifier's network on many images: in threads, where there are so many that starting them pays.

import type { BadInput } from '../data/read-image.js';
import type { ImageSource } from '../data/read-options.js';
import { refuseOption } from '../errors.js';
import { isBad, type NumbersResult, type Outcome, predictImages } from '../features/run-images.js';
import type { WorkerTask } from '../features/worker.js';
import { devices } from '../inference/devices.js';
import { addressSpaceForThreads, addressSpaceLimit } from '../system/address-space.js';
import type { OpenModel } from './open-model.js';

/** An image that is read when its turn comes: a path, bytes, an example of a data set, whatever opens itself. */
export type OpenableImage =
  | ImageSource
  | { readonly file: string; readonly hash?: string }
  | { read(): Promise<Uint8Array> };

/** With fewer images, threads would take longer to start than they spare. */
export const imagesWorthThreads = 256;

/** A device other than the CPU takes two batches: one runs, and one is decoded. */
const prefetchedBatches = 2;

/** Among files there may be a few that are none. */
const mostReaders = 16;

/**
 * Runs a network on images, in their order; the next ones are read meanwhile.
 * @throws the signal's reason once it is aborted
 */
export async function* runOnAll<Image extends OpenableImage>(
  opened: OpenModel,
  images: Iterable<Image>,
  signal: AbortSignal | undefined,
): AsyncGenerator<NumbersResult<Image>> {
  const results = areForThreads(images)
    ? useThreads(opened, images, signal)
    : oneByOne(opened, images, signal);
  for await (const result of results) {
    // Those of a batch are there at once.
    signal?.throwIfAborted();
    yield result;
  }
}

/** Of what comes bit by bit the number is not known; what reads itself is in memory before a thread gets it. */
function areForThreads<Image extends OpenableImage>(images: Iterable<Image>): images is readonly Image[] {
  if (!Array.isArray(images) || images.length < imagesWorthThreads) return false;
  const readers = images.filter(image => typeof image === 'object' && 'read' in image);
  return readers.length <= mostReaders && addressSpaceLimit() >= addressSpaceForThreads();
}

function oneByOne<Image extends OpenableImage>(
  opened: OpenModel,
  images: Iterable<Image>,
  signal: AbortSignal | undefined,
): AsyncGenerator<NumbersResult<Image>> {
  const { session, rules } = opened;
  const { device } = opened.place();
  // On the CPU, as many as Node decodes at a time.
  const prefetched = device === 'cpu' ? undefined : prefetchedBatches * devices[device].batchSize;
  const optionsOf = (image: Image) => ({ hash: hashOf(image) });
  return predictImages(session, images, { rules, open: openImage, optionsOf, signal, prefetched });
}

/** On the CPU, threads do all of it; for another device, and where the session does more, they decode. */
async function* useThreads<Image extends OpenableImage>(
  opened: OpenModel,
  images: readonly Image[],
  signal: AbortSignal | undefined,
): AsyncGenerator<NumbersResult<Image>> {
  const [{ runInThreads }, { runOnDecoded }] = await loadThreads();
  const { session, rules, place, forThreads } = opened;
  const work = { rules, images, taskOf, signal };
  const model = place().device === 'cpu' ? await forThreads() : undefined;
  if (model !== undefined) {
    const results = runInThreads(model, work);
    for await (const { outcome, ...result } of results) yield { ...result, outcome: floatsOnly(outcome) };
    return;
  }
  yield* runOnDecoded({ ...work, session, batchSize: devices[place().device].batchSize });
}

/** Where they are needed: they take a while. */
const loadThreads = () =>
  Promise.all([import('../features/pool.js'), import('../features/decoded-images.js')]);

/** A classifier gives no bytes, as an int8 base does. */
function floatsOnly(outcome: Outcome): Float32Array | BadInput {
  if (outcome instanceof Float32Array || isBad(outcome)) return outcome;
  throw new Error('Threads have given bytes instead of numbers.');
}

async function taskOf(image: OpenableImage): Promise<WorkerTask> {
  const source = await openImage(image);
  // A thread would get all of the memory that the bytes are a part of.
  const own = typeof source === 'string' ? source : Uint8Array.from(source);
  return { source: own, path: typeof source === 'string' ? source : '', hash: hashOf(image) };
}

function hashOf(image: OpenableImage): string | undefined {
  return typeof image === 'object' && 'hash' in image ? image.hash : undefined;
}

function openImage(image: OpenableImage): ImageSource | Promise<ImageSource> {
  if (typeof image !== 'object' || image instanceof Uint8Array) return validateSource(image);
  return 'file' in image ? image.file : image.read();
}

/** @throws FinetuneError `bad-option` for anything else, which callers without types may bring */
export function validateSource(image: ImageSource): ImageSource {
  if (typeof image === 'string' || image instanceof Uint8Array) return image;
  refuseOption(`An image is a path or the bytes of a file. Received: ${typeof image}.`);
}
