// Every photo of a data set as a picture: how bright, how sharp, and by what its copies are known; what was measured before
// comes from the feature store. Damaged JPEGs are found here, since every code of them is read.

import { Piscina } from 'piscina';
import type { Example } from '../data/data-set.js';
import { pictureSide } from '../data/perceptual-hash.js';
import type { PhotoTraits } from '../data/photo-traits.js';
import type { BadInput } from '../data/read-image.js';
import type { BadImage, EmitEvent } from '../events.js';
import type { Context } from '../system/context.js';
import { prefetch } from '../system/prefetch.js';
import { countProcessors } from '../system/processors.js';
import type { MeasureTask } from './measure-worker.js';
import { FeatureStore, rowKey } from './store.js';

/** What was measured: photos by the sha-256 of their contents, and those that cannot be read. */
export interface MeasuredPhotos {
  readonly traits: ReadonlyMap<string, PhotoTraits>;
  readonly bad: readonly BadImage[];
}

/** Another version measures otherwise. */
const storeName = 'traits of photos, version 1';

/**
 * Measures photos in threads.
 * @param store the feature store's folder
 * @throws the signal's reason once it is aborted, when all threads have finished
 */
export async function measurePhotos(
  examples: readonly Example[],
  store: string,
  { emit, signal }: Context,
): Promise<MeasuredPhotos> {
  const traits = new Map<string, PhotoTraits>();
  const reasons = new Map<string, string>();
  const stored = openTraits(store, emit);
  try {
    const missing: Example[] = [];
    for (const example of new Map(examples.map(each => [each.hash, each])).values()) {
      const known = stored.read(example.hash);
      if (known === undefined) missing.push(example);
      else traits.set(example.hash, known);
    }
    let done = 0;
    for await (const { example, result } of measureInThreads(missing, signal)) {
      if ('reason' in result) reasons.set(example.hash, result.reason);
      else {
        traits.set(example.hash, result);
        stored.put(example.hash, result);
      }
      done += 1;
      emit({ type: 'inspect', done, total: missing.length });
    }
  } finally {
    stored.close();
  }
  const bad = examples.flatMap(({ path, hash }) => {
    const reason = reasons.get(hash);
    return reason === undefined ? [] : { path, reason };
  });
  return { traits, bad };
}

interface Measured {
  readonly example: Example;
  readonly result: PhotoTraits | BadInput;
}

const photosPerGroup = 8;
const photosWorthAThread = 16;

async function* measureInThreads(
  examples: readonly Example[],
  signal: AbortSignal,
): AsyncGenerator<Measured> {
  if (examples.length === 0) return;
  const threads = Math.min(countProcessors(), Math.ceil(examples.length / photosWorthAThread));
  const pool = new Piscina({
    filename: new URL('./measure-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    execArgv: [],
  });
  const underWay = new Set<Promise<unknown>>();
  const run = async (group: readonly Example[]): Promise<Measured[]> => {
    const tasks = group.map(({ file, hash }): MeasureTask => ({ file, hash }));
    const work: Promise<(PhotoTraits | BadInput)[]> = pool.run(tasks);
    underWay.add(work);
    const results = await work.finally(() => underWay.delete(work));
    return group.flatMap((example, i) => {
      const result = results[i];
      return result === undefined ? [] : { example, result };
    });
  };
  try {
    for await (const results of prefetch(dealOut(examples), run, { count: threads * 2, signal }))
      yield* results;
  } finally {
    // The decoder does not take it well when its thread is taken away: what is under way ends first.
    await Promise.allSettled(underWay);
    await pool.destroy();
  }
}

function* dealOut(examples: readonly Example[]): Generator<readonly Example[]> {
  for (let from = 0; from < examples.length; from += photosPerGroup)
    yield examples.slice(from, from + photosPerGroup);
}

/** What is known of photos, by the sha-256 of their contents. Close it. */
export interface TraitStore {
  read(hash: string): PhotoTraits | undefined;
  put(hash: string, traits: PhotoTraits): void;
  close(): void;
}

/**
 * Opens what was measured in earlier runs.
 * @param dir the feature store's folder
 * @param emit hears, once, of what is wrong with it
 */
export function openTraits(dir: string, emit: EmitEvent): TraitStore {
  const store = new FeatureStore({ dir, base: storeName, emit });
  const keyOf = (hash: string) => rowKey(hash, 'traits');
  return {
    read(hash) {
      const row = new Float32Array(headLength + pictureSide ** 2);
      return store.read(keyOf(hash), row) ? decodeTraits(row) : undefined;
    },
    put: (hash, traits) => void store.put(keyOf(hash), encodeTraits(traits)),
    close: () => store.close(),
  };
}

/** Numbers before the picture. */
const headLength = 8;

function encodeTraits(traits: PhotoTraits): Float32Array {
  const { size, brightness, contrast, highlight, sharpness, narrowRange = [0, 0], picture } = traits;
  return Float32Array.of(...size, brightness, contrast, highlight, sharpness, ...narrowRange, ...picture);
}

function decodeTraits(row: Float32Array): PhotoTraits {
  const [height = 0, width = 0, brightness = 0, contrast = 0, highlight = 0, sharpness = 0] = row;
  const [least = 0, most = 0] = row.subarray(6, headLength);
  return {
    size: [height, width],
    ...{ brightness, contrast, highlight, sharpness },
    narrowRange: most > 0 ? [least, most] : undefined,
    picture: Uint8Array.from(row.subarray(headLength)),
  };
}
