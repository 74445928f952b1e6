// Which side of the split an image is on: decided by its content and the seed, never by its neighbours.

import { createHash } from 'node:crypto';
import { FinetuneError } from '../errors.js';
import type { ImageFile, Side } from './data-set.js';
import type { DataSet } from './scan.js';

export interface SplitOptions {
  /** Part held out for validation; default 0.2, or the val/ folder. */
  readonly val?: number | undefined;
  /** Part held out for a final test; default 0, or the test/ folder. */
  readonly test?: number | undefined;
  readonly seed: number;
}

/**
 * Plans the sides. An image's side follows from its content hash, so it stays when others are added, and
 * byte-identical images are together. A class that chance leaves without training or validation images
 * gets one, as far as it has enough. Sides given by folders are kept.
 * @throws FinetuneError `bad-option` for a fraction whose side is given by a folder, or fractions that leave no training
 */
export function planSplit(dataSet: DataSet, options: SplitOptions): Record<Side, ImageFile[]> {
  const fractions = resolveFractions(dataSet, options);
  const given = (image: ImageFile) => dataSet.sides?.get(image.path) ?? 'train';
  const free = dataSet.images.filter(image => given(image) === 'train');
  const sideOf = planSides(free, fractions, options.seed);
  const select = (side: Side) =>
    dataSet.images.filter(
      image => (given(image) === 'train' ? sideOf.get(image.hash) : given(image)) === side,
    );
  return { train: select('train'), val: select('val'), test: select('test') };
}

type Fractions = Readonly<Record<'val' | 'test', number>>;

function resolveFractions({ sides }: DataSet, options: SplitOptions): Fractions {
  const given = new Set(sides?.values());
  const resolve = (side: 'val' | 'test', fallback: number) => {
    if (!given.has(side)) return options[side] ?? fallback;
    if (options[side] === undefined) return 0;
    throw new FinetuneError(
      'bad-option',
      `--${side} ${options[side]} would split what is split already: the data folder has ${side}/. ` +
        `Leave out --${side}, or remove the folder.`,
    );
  };
  const fractions = { val: resolve('val', 0.2), test: resolve('test', 0) };
  if (fractions.val + fractions.test < 1) return fractions;
  throw new FinetuneError(
    'bad-option',
    `--val ${fractions.val} and --test ${fractions.test} leave nothing to train on. Expected a sum below 1.`,
  );
}

/**
 * A warning where some classes have no validation image, or a word where there is no validation at all. Of a val/
 * folder the scan has told already.
 */
export function describeUnjudged({ classNames, sides }: DataSet, val: readonly ImageFile[]): string[] {
  if (val.length === 0)
    return ['No image is held out for validation: how good the answers are stays unknown.'];
  if (sides !== undefined && [...sides.values()].includes('val')) return [];
  const judged = new Set(val.map(({ label }) => label));
  const missing = classNames.filter((_, label) => !judged.has(label));
  if (missing.length === 0) return [];
  return [`No validation image of: ${missing.join(', ')}. Expected two images or more in every class.`];
}

/** Content hash -> side. */
function planSides(images: readonly ImageFile[], fractions: Fractions, seed: number): Map<string, Side> {
  const draws = new Map(images.map(({ hash }) => [hash, draw(hash, seed)]));
  const sideOf = new Map([...draws].map(([hash, value]) => [hash, sideAt(value, fractions)]));
  for (const hashes of contentsByClass(images)) {
    const inOrder = [...hashes].sort((a, b) => draws.get(a)! - draws.get(b)!);
    ensureSides(inOrder, fractions, sideOf);
  }
  return sideOf;
}

/** A number in [0, 1) that follows from content and seed alone. */
function draw(hash: string, seed: number): number {
  return createHash('sha256').update(`${seed}:${hash}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** Validation lies at the low end and test at the high one, so that changing `--test` moves no validation image. */
function sideAt(value: number, { val, test }: Fractions): Side {
  if (value < val) return 'val';
  return value >= 1 - test ? 'test' : 'train';
}

function contentsByClass(images: readonly ImageFile[]): Iterable<Set<string>> {
  const classes = new Map<number, Set<string>>();
  for (const { label, hash } of images) {
    const hashes = classes.get(label);
    if (hashes === undefined) classes.set(label, new Set([hash]));
    else hashes.add(hash);
  }
  return classes.values();
}

/** Moves single images of one class, given in order of their draws, to sides that chance left empty: train first. */
function ensureSides(hashes: readonly string[], { val, test }: Fractions, sideOf: Map<string, Side>): void {
  const on = (side: Side | undefined) => hashes.filter(hash => sideOf.get(hash) === side);
  const wanted = { train: 1, val, test };
  for (const side of ['train', 'val', 'test'] as const) {
    if (wanted[side] === 0 || on(side).length > 0) continue;
    const spare = hashes.filter(hash => on(sideOf.get(hash)).length > 1);
    // The nearest one moves. The only image of a class is for training.
    const nearest = {
      val: spare[0],
      train: spare[Math.floor(spare.length / 2)] ?? hashes[0],
      test: spare.at(-1),
    };
    if (nearest[side] !== undefined) sideOf.set(nearest[side], side);
  }
}
