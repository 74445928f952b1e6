// Images that have to be in one subset: those that a user says belong together, such as frames of one video, and copies of
// one photo. Split apart, they would make the accuracy on unseen images look better than it is.

import { setImmediate } from 'node:timers/promises';
import { createContext, Script } from 'node:vm';
import { FinetuneError, messageOf } from '../errors.js';
import type { DataSet, Example, Split } from './data-set.js';
import { subsets } from './data-set.js';

/** What belongs together. */
export interface Grouping {
  /** Regular expression over paths relative to the data folder: images of the same first capture group belong together, unless it is empty. */
  readonly groupBy?: string | undefined;
  /** Places of images that are copies of each other. */
  readonly copies?: readonly (readonly number[])[] | undefined;
}

/**
 * Gives the images of a data set their groups. Images of the same bytes are in one group, whatever else is said.
 * @throws FinetuneError `bad-option` for an expression that is none, has no group, matches no image or takes too long
 */
export async function groupExamples<Data extends Pick<DataSet, 'examples'>>(
  dataSet: Data,
  { groupBy, copies = [] }: Grouping,
): Promise<Data> {
  const { examples } = dataSet;
  const keys = new JoinedKeys();
  if (groupBy !== undefined) {
    for (const [i, name] of (await captureNames(examples, groupBy)).entries())
      if (name !== undefined) keys.join(examples[i]?.hash ?? '', `${namePrefix}${name}`);
  }
  for (const group of copies) {
    const [first, ...others] = group.map(place => examples[place]?.hash ?? '');
    for (const other of others) if (first !== undefined) keys.join(first, other);
  }
  return { ...dataSet, examples: examples.map(example => ({ ...example, group: keys.find(example.hash) })) };
}

/** No hash begins so; of several keys the first in order counts, so that names come before hashes. */
const namePrefix = ' name ';

/** Keys that stand for the same; each is found by the first of them in order. */
class JoinedKeys {
  readonly #above = new Map<string, string>();

  find(key: string): string {
    let first = key;
    for (let above = this.#above.get(first); above !== undefined; above = this.#above.get(first))
      first = above;
    return first;
  }

  join(one: string, other: string): void {
    const [first, second] = [this.find(one), this.find(other)].sort();
    if (first !== undefined && second !== undefined && first !== second) this.#above.set(second, first);
  }
}

/** A warning where folders that are given as subsets hold images of one group, which then is in several of them. */
export function describeTornGroups(split: Split): string[] {
  const groups = new Map<string, { readonly subsets: Set<string>; readonly example: Example }>();
  for (const subset of subsets) {
    for (const example of split[subset]) {
      const key = example.group ?? example.hash;
      const group = groups.get(key) ?? { subsets: new Set(), example };
      groups.set(key, group);
      group.subsets.add(subset);
    }
  }
  // The scan tells of images of the same bytes.
  const torn = [...groups].filter(([key, each]) => each.subsets.size > 1 && key !== each.example.hash);
  if (torn.length === 0) return [];
  return [
    `Groups with images in several of the folders train/, val/, test/: ${torn.length}, e.g. that of ${torn[0]?.[1].example.path}. ` +
      'The accuracy on unseen images is overestimated: put the images of a group into one of them.',
  ];
}

const pathsAtATime = 10_000;

/** Expressions that go back and forth over a path could take for ever; for so many paths, others take a few milliseconds. */
const longestMs = 1000;

async function captureNames(examples: readonly Example[], pattern: string): Promise<(string | undefined)[]> {
  const expression = compilePattern(pattern);
  const names: (string | undefined)[] = [];
  for (let from = 0; from < examples.length; from += pathsAtATime) {
    await setImmediate();
    const paths = examples.slice(from, from + pathsAtATime).map(({ path }) => path);
    captureWithin(expression, paths, names);
  }
  if (names.some(name => name !== undefined) || examples.length === 0) return names;
  throw refuse(pattern, `it gives no image a group, e.g. not ${examples[0]?.path}`);
}

function compilePattern(pattern: string): RegExp {
  let groups: number;
  try {
    groups = (new RegExp(`${pattern}|`, 'u').exec('')?.length ?? 1) - 1;
  } catch (error) {
    throw refuse(pattern, messageOf(error).replace(/^Invalid regular expression: /, ''), error);
  }
  if (groups === 0)
    throw refuse(pattern, 'it has no group in parentheses, which would name the groups of images');
  return new RegExp(pattern, 'u');
}

const loop = new Script('for (const path of paths) names.push(expression.exec(path)?.[1] || undefined);');

/** In a context of its own, whose running can be limited, a match under way included. */
function captureWithin(expression: RegExp, paths: readonly string[], names: (string | undefined)[]): void {
  const before = names.length;
  try {
    loop.runInContext(createContext({ expression, paths, names }), { timeout: longestMs });
  } catch (error) {
    // An error of that context, not of this one: no instance of this one's Error.
    const isTimeout = typeof error === 'object' && error !== null && 'code' in error;
    if (!isTimeout || error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw refuse(expression.source, `it takes too long on ${paths[names.length - before]}`, error);
  }
}

function refuse(pattern: string, reason: string, cause?: unknown): FinetuneError {
  return new FinetuneError(
    'bad-option',
    `--group-by ${pattern}: ${reason}. Expected a regular expression with a group in parentheses that matches paths such as ` +
      'CLASS/IMAGE.jpg, e.g. "/(video\\d+)_".',
    { cause },
  );
}
