// The fp32 model, which browsers run, against the int8 model, which this program runs, on validation images.

import { join } from 'node:path';
import { readInput } from '../data/read-input.js';
import { compileOnnx } from '../runtime/onnx/compile.js';
import { openSession } from '../runtime/session.js';
import type { ImageFile, Network } from '../types.js';
import type { Base } from './base.js';
import type { ExtractedFeatures } from './extract.js';

export interface Agreement {
  readonly images: number;
  /** Images to which both give the same class. */
  readonly same: number;
  /** Largest difference of a class's probability. */
  readonly largestDifference: number;
}

const defaultImages = 32;

interface Compared {
  readonly base: Base;
  readonly options: { readonly verify: boolean };
  readonly dataSet: { readonly root: string };
  readonly split: { readonly val: readonly ImageFile[] };
  readonly extracted: ExtractedFeatures;
}

/**
 * Runs both models on validation images: on 32, or on all of them with `--verify`.
 * @param model the int8 model as ONNX
 */
export async function compareModels(
  classifier: Network,
  model: Uint8Array,
  { base, options, dataSet, split, extracted }: Compared,
): Promise<Agreement> {
  const readable = split.val.filter(({ hash }) => extracted.rows.has(hash));
  const paths = (options.verify ? readable : readable.slice(0, defaultImages)).map(({ path }) =>
    join(dataSet.root, path),
  );
  // One after the other: both at once would need twice the memory.
  const expected = await answersOf(compileOnnx(classifier), paths, base);
  const answered = await answersOf(model, paths, base);
  const isSame = (_: unknown, i: number) => indexOfLargest(expected[i]!) === indexOfLargest(answered[i]!);
  return {
    images: paths.length,
    same: paths.filter(isSame).length,
    largestDifference: Math.max(0, ...paths.map((_, i) => largestDifference(expected[i]!, answered[i]!))),
  };
}

async function answersOf(
  model: Uint8Array,
  paths: readonly string[],
  { rules }: Base,
): Promise<Float32Array[]> {
  const session = await openSession(model);
  const answers: Float32Array[] = [];
  for (const path of paths) {
    const { input, shape } = await readInput(path, rules);
    answers.push((await session.run(input, shape)).data);
  }
  await session.release();
  return answers;
}

function indexOfLargest(values: Float32Array): number {
  return values.indexOf(Math.max(...values));
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  return Math.max(...left.map((value, i) => Math.abs(value - right[i]!)));
}
