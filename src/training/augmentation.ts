// How views of training images are changed: a table of transformations, each with its range and how often it happens.

import * as v from 'valibot';
import { describeNearest, refuseOption } from '../errors.js';

function between(least: number, most: number, told = `a number from ${least} to ${most}`) {
  return v.pipe(v.number(told), v.minValue(least, told), v.maxValue(most, told));
}

const often = (usual: number) => v.optional(between(0, 1), usual);

/** From the least to the most of what is drawn. */
function range(least: number, most: number) {
  const told = `two numbers from ${least} to ${most}, the smaller one first`;
  const either = between(least, most, told);
  return v.pipe(
    v.strictTuple([either, either], told),
    v.check(([from, to]) => from <= to, told),
    v.readonly(),
  );
}

const degrees = (most: number) => v.strictObject({ degrees: range(-most, most), probability: often(1) });
const factor = v.strictObject({ factor: range(0, 4), probability: often(1) });
const sides = range(0.2, 5);

/** By name, in the order in which they are drawn. */
const transformations = {
  /** A part is shown: so much of the image's area, so much wider than the image is. */
  crop: v.strictObject({ area: range(0.05, 1), ratio: sides, probability: often(1) }),
  /** Left and right are exchanged. */
  flip: v.strictObject({ probability: often(0.5) }),
  rotation: degrees(180),
  shear: degrees(60),
  brightness: factor,
  contrast: factor,
  saturation: factor,
  hue: degrees(180),
  /** Gaussian, of so many pixels of the network's input. */
  blur: v.strictObject({ sigma: range(0.3, 20), probability: often(1) }),
  /** A part becomes grey. */
  erasing: v.strictObject({ area: range(0.01, 0.8), ratio: sides, probability: often(1) }),
};

const schema = v.partial(v.strictObject(transformations));

/** The table. What it does not name does not happen. */
export type Augmentation = Readonly<v.InferOutput<typeof schema>>;

/** The same as users write it, without what is usual. */
export type AugmentationTable = {
  readonly [Name in keyof Augmentation]?:
    | (Omit<NonNullable<Augmentation[Name]>, 'probability'> & { readonly probability?: number | undefined })
    | undefined;
};

const rectangle = { ratio: [3 / 4, 4 / 3], probability: 1 } as const;

/** Tables that have a name. */
export const namedAugmentations = {
  none: {},
  light: { crop: { ...rectangle, area: [0.5, 1] }, flip: { probability: 0.5 } },
  strong: {
    crop: { ...rectangle, area: [0.35, 1] },
    flip: { probability: 0.5 },
    rotation: { degrees: [-15, 15], probability: 0.5 },
    shear: { degrees: [-10, 10], probability: 0.3 },
    brightness: { factor: [0.7, 1.3], probability: 0.5 },
    contrast: { factor: [0.7, 1.3], probability: 0.5 },
    saturation: { factor: [0.6, 1.4], probability: 0.5 },
    hue: { degrees: [-15, 15], probability: 0.3 },
    blur: { sigma: [0.5, 1.5], probability: 0.1 },
    erasing: { area: [0.02, 0.2], ratio: [0.3, 3.3], probability: 0.25 },
  },
} as const satisfies Record<string, Augmentation>;

/** Whether a table has that name. */
export function isAugmentationName(name: unknown): name is keyof typeof namedAugmentations {
  return typeof name === 'string' && Object.hasOwn(namedAugmentations, name);
}

/**
 * Checks and completes a table of a user's own.
 * @throws FinetuneError `bad-option` naming what is unknown, missing or out of range
 */
export function validateAugmentation(given: unknown): Augmentation {
  const result = v.safeParse(schema, given);
  const problem = result.success ? undefined : describeProblem(result.issues[0]);
  if (problem !== undefined) refuseOption(`--augment: ${problem}`);
  if (!result.success || Object.keys(result.output).length === 0) {
    const names = Object.keys(transformations).join(', ');
    refuseOption(`--augment: the table is empty. Expected any of: ${names}.`);
  }
  return result.output;
}

type Issue = Pick<v.BaseIssue<unknown>, 'path' | 'expected' | 'message' | 'input'>;

function describeProblem({ path, expected, message, input }: Issue): string {
  const [step, name] = (path ?? []).map(({ key }) => String(key));
  if (step === undefined) return 'expected a table of transformations by name.';
  const place = name === undefined ? step : `${step}.${name}`;
  if (expected === 'never') {
    const known = name === undefined ? Object.keys(transformations) : settingsOf(step);
    return `unknown name ${place}. ${describeNearest(name ?? step, known)}`;
  }
  const isWhole = name === undefined;
  const limits = isWhole ? `a table of ${settingsOf(step).join(', ')}` : message;
  const received = input === undefined ? 'nothing' : JSON.stringify(input);
  return `${place} expects ${expected === `"${name}"` ? 'a value' : limits}. Received: ${received}.`;
}

function settingsOf(step: string): string[] {
  const found = Object.entries(transformations).find(([name]) => name === step);
  return found === undefined ? [] : Object.keys(found[1].entries);
}
