// A look at some JPEGs for damage inside their data, which decoders make pictures of without a word. Reading every code of
// every photo would take a training a sixth of its time: `inspect` does that, here it is as many as a part of it allows.

import type { Example } from '../data/data-set.js';
import { isJpeg } from '../data/formats.js';
import { readImageFile } from '../data/image-file.js';
import { findJpegDamage } from '../data/jpeg-check.js';
import type { BadImage } from '../events.js';
import { seededRandom, shuffle } from '../training/random.js';

/** What was found among how many. */
export interface DamageSample {
  /** JPEGs that were read. */
  readonly checked: number;
  readonly damaged: readonly BadImage[];
}

/**
 * Reads JPEGs, drawn by chance, until the time is over.
 * @param examples each readable, as far as is known
 * @param options `seconds` that it may take; none where nothing is to be done
 * @throws the signal's reason once it is aborted
 */
export async function sampleDamage(
  examples: readonly Example[],
  {
    seconds,
    seed,
    signal,
  }: { readonly seconds: number; readonly seed: number; readonly signal: AbortSignal },
): Promise<DamageSample> {
  const end = performance.now() + 1000 * seconds;
  const damaged: BadImage[] = [];
  let checked = 0;
  for (const place of shuffle([...examples.keys()], seededRandom(seed))) {
    if (performance.now() >= end) break;
    signal.throwIfAborted();
    const example = examples[place];
    // What cannot be read any more is told elsewhere.
    const bytes = example && (await readImageFile(example.file).catch(() => undefined));
    if (example === undefined || bytes === undefined || !isJpeg(bytes)) continue;
    checked += 1;
    const reason = findJpegDamage(bytes);
    if (reason !== undefined) damaged.push({ path: example.path, reason });
  }
  return { checked, damaged };
}

/** A warning where something was found. */
export function describeDamage({ checked, damaged }: DamageSample): string | undefined {
  const [first] = damaged;
  if (first === undefined) return undefined;
  return (
    `Damaged inside, of ${checked} JPEGs that were read to the end: ${damaged.length}, e.g. ${first.path} (${first.reason}). ` +
    'They were trained on as they are. `finetune inspect` finds all of them.'
  );
}
