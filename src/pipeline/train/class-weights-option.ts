// --class-weights: what the images of each class count, by a word, from a file, or as a table.

import * as v from 'valibot';
import { describeNearest, refuseOption } from '../../errors.js';
import { maybe, type OptionTable } from '../../option-kinds.js';
import { describeReceived } from '../../options.js';
import type { ClassWeights } from '../../training/loss.js';
import { readNamedFile } from '../config-file.js';

/** Weights by the names of classes; those that are not named weigh 1. */
export type ClassWeightTable = Readonly<Record<string, number>>;

/** The value, as a user gives it: `balanced`, a file, or a table. */
export type GivenClassWeights = string | ClassWeightTable;

const [least, most] = [1e-6, 1e6];

/** What classes weigh. */
export const classWeightsOption = {
  classWeights: maybe({
    schema: v.union([v.pipe(v.string(), v.nonEmpty()), v.custom<ClassWeightTable>(isTable)]),
    help:
      'What an image counts in training, by its class. balanced: every class counts the same, however few its images; ' +
      'or a YAML or JSON file with lines such as "cat: 2" (default: every image counts the same)',
    kind: 'text',
    expects: 'balanced | a file',
    read: (typed: string) => typed,
  }),
} as const satisfies OptionTable;

/**
 * Reads the table where a file is named, so that the run keeps what was used.
 * @throws FinetuneError `bad-option` where it is neither `balanced` nor a file with a table
 */
export async function loadClassWeights(
  given: GivenClassWeights | undefined,
): Promise<GivenClassWeights | undefined> {
  if (typeof given !== 'string' || given === 'balanced') return given;
  const table = await readNamedFile('--class-weights', given, ['balanced']);
  if (isTable(table)) return table;
  return refuseOption(`--class-weights ${given}: expected weights by class, e.g. a line "cat: 2".`);
}

/**
 * What an image counts, by its label.
 * @throws FinetuneError `bad-option` for the name of no class, or a weight out of range
 */
export function resolveClassWeights(
  given: GivenClassWeights | undefined,
  classNames: readonly string[],
): ClassWeights | undefined {
  if (given === undefined || given === 'balanced') return given;
  // An object would take a class named __proto__ for something else.
  const weights = new Map<string, unknown>(Object.entries(given));
  for (const [name, weight] of weights) {
    if (!classNames.includes(name)) {
      refuseOption(`--class-weights: there is no class ${name}. ${describeNearest(name, classNames)}`);
    }
    if (!isWeight(weight)) {
      refuseOption(
        `--class-weights: ${name} expects a number from ${least} to ${most}. Received: ${describeReceived(weight)}.`,
      );
    }
  }
  return classNames.map(name => {
    const weight = weights.get(name);
    return isWeight(weight) ? weight : 1;
  });
}

function isTable(given: unknown): given is ClassWeightTable {
  return (
    typeof given === 'object' && given !== null && !Array.isArray(given) && Object.keys(given).length > 0
  );
}

function isWeight(weight: unknown): weight is number {
  return typeof weight === 'number' && weight >= least && weight <= most;
}
