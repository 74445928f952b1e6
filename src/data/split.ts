// Which subset an image belongs to: decided by its content and the seed, never by its neighbours.

import { createHash } from 'node:crypto';
import { refuseOption } from '../errors.js';
import { type DataSet, type Example, type Split, type Subset, subsets } from './data-set.js';

/** How much is held out, and the seed of what chance decides. */
export interface SplitOptions {
  /** Part held out for validation; default 0.2, or the val/ folder. */
  readonly val?: number | undefined;
  /** Part held out for a final test; default 0, or the test/ folder. */
  readonly test?: number | undefined;
  /** Nothing is held out for validation: heads on all but one of so many folds of the training images are. */
  readonly folds?: number | undefined;
  readonly seed: number;
}

/**
 * Plans the split. An image's subset follows from its group or its content hash, so it stays when others are added, and
 * byte-identical images are together, as are those of a group. A class that chance leaves without training or validation images
 * gets one, as far as it has enough. Subsets given by folders are kept.
 * @throws FinetuneError `bad-option` for a fraction, or folds, whose subset is given by a folder, or fractions that leave no training
 */
export function planSplit({ examples }: DataSet, options: SplitOptions): Split {
  const fractions = resolveFractions(examples, options);
  const free = examples.filter(isFree);
  const planned = planSubsets(free, fractions, options.seed);
  const select = (subset: Subset) =>
    examples.filter(
      example => (isFree(example) ? planned.get(splitKeyOf(example)) : example.subset) === subset,
    );
  return { train: select('train'), val: select('val'), test: select('test') };
}

/** The key by which an image gets its subset: images of one key share it. */
export function splitKeyOf({ group, hash }: Example): string {
  return group ?? hash;
}

/** Whether nothing but chance says what the example is for: val/ and test/ are kept, train/ may be split. */
function isFree({ subset = 'train' }: Example): boolean {
  return subset === 'train';
}

type Fractions = Readonly<Record<'val' | 'test', number>>;

function resolveFractions(examples: readonly Example[], options: SplitOptions): Fractions {
  const given = new Set(examples.map(({ subset }) => subset));
  const resolve = (subset: 'val' | 'test', fallback: number) => {
    if (!given.has(subset)) return options[subset] ?? fallback;
    if (options[subset] === undefined) return 0;
    refuseOption(
      `--${subset} ${options[subset]} would split what is split already: the data folder has ${subset}/. ` +
        `Leave out --${subset}, or remove the folder.`,
    );
  };
  if (options.folds !== undefined && given.has('val')) {
    refuseOption(
      `--folds ${options.folds} holds every training image out in turn, and the data folder has val/ for that: ` +
        'leave out --folds, or remove the folder.',
    );
  }
  const fractions = { val: options.folds === undefined ? resolve('val', 0.2) : 0, test: resolve('test', 0) };
  if (fractions.val + fractions.test < 1) return fractions;
  refuseOption(
    `--val ${fractions.val} and --test ${fractions.test} leave nothing to train on. Expected a sum below 1.`,
  );
}

/**
 * A warning where some classes have no validation image, or a word where there is no validation at all. Of a val/
 * folder the scan has told already.
 */
export function describeMissingValidation(
  { classNames, examples }: DataSet,
  val: readonly Example[],
): string[] {
  if (val.length === 0)
    return ['No image is held out for validation: how good the predictions are stays unknown.'];
  if (examples.some(({ subset }) => subset === 'val')) return [];
  const present = new Set(val.map(({ label }) => label));
  const missing = classNames.filter((_, label) => !present.has(label));
  if (missing.length === 0) return [];
  return [`No validation image of: ${missing.join(', ')}. Expected two images or more in every class.`];
}

/** A warning where some classes are in no fold, since they have a single image, or images that belong together. */
export function describeMissingFolds({ classNames }: DataSet, train: readonly Example[]): string[] {
  const keys = new Map(classNames.map((_, label) => [label, new Set<string>()]));
  for (const example of train) keys.get(example.label)?.add(splitKeyOf(example));
  const missing = classNames.filter((_, label) => (keys.get(label)?.size ?? 0) < 2);
  if (missing.length === 0) return [];
  return [
    `No fold holds out an image of: ${missing.join(', ')}. Expected two images or more in every class.`,
  ];
}

/** Key -> subset. */
function planSubsets(
  examples: readonly Example[],
  fractions: Fractions,
  seed: number,
): ReadonlyMap<string, Subset> {
  const planned = new Map<string, Subset>();
  const keysByClass = keysOfClasses(examples).map(keys => {
    const draws = [...keys].map(key => ({ key, value: draw(key, seed) }));
    for (const { key, value } of draws) planned.set(key, subsetAt(value, fractions));
    return draws.sort((a, b) => a.value - b.value).map(({ key }) => key);
  });
  for (const keys of keysByClass) fillSubsets(keys, fractions, planned);
  // A group of several classes that was moved for one of them may have left another without.
  for (const keys of keysByClass) fillSubsets(keys, { val: 0, test: 0 }, planned);
  return planned;
}

/** A number in [0, 1) that follows from key and seed alone. */
function draw(key: string, seed: number): number {
  return createHash('sha256').update(`${seed}:${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** Validation lies at the low end and test at the high one, so that changing `--test` moves no validation image. */
function subsetAt(value: number, { val, test }: Fractions): Subset {
  if (value < val) return 'val';
  return value >= 1 - test ? 'test' : 'train';
}

function keysOfClasses(examples: readonly Example[]): Set<string>[] {
  const classes = new Map<number, Set<string>>();
  for (const example of examples)
    classes.set(example.label, (classes.get(example.label) ?? new Set<string>()).add(splitKeyOf(example)));
  return [...classes.values()];
}

/** Moves single keys of one class, given in order of their draws, to subsets that chance left empty: train first. */
function fillSubsets(keys: readonly string[], { val, test }: Fractions, planned: Map<string, Subset>): void {
  const inSubset = (subset: Subset | undefined) => keys.filter(key => planned.get(key) === subset);
  const wanted = { train: 1, val, test };
  for (const subset of subsets) {
    if (wanted[subset] === 0 || inSubset(subset).length > 0) continue;
    const spare = keys.filter(key => inSubset(planned.get(key)).length > 1);
    // The nearest one moves. The only image of a class is for training.
    const nearest = {
      val: spare[0],
      train: spare[Math.floor(spare.length / 2)] ?? keys[0],
      test: spare.at(-1),
    }[subset];
    if (nearest !== undefined) planned.set(nearest, subset);
  }
}
