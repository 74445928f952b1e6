// --augment: a table of transformations by its name, from a file, or as it is.

import * as v from 'valibot';
import { maybe, type OptionTable } from '../../option-kinds.js';
import {
  type Augmentation,
  type AugmentationTable,
  isAugmentationName,
  namedAugmentations,
  validateAugmentation,
} from '../../training/augmentation.js';
import { readNamedFile } from '../config-file.js';

/** The value, as a user gives it: a name, a file, or a table. */
export type GivenAugmentation = string | AugmentationTable;

const table = v.pipe(
  v.custom<AugmentationTable>(given => typeof given === 'object' && given !== null && !Array.isArray(given)),
  v.transform(given => ({ ...given })),
);

/** How views are changed. */
export const augmentOption = {
  augment: maybe({
    schema: v.union([v.pipe(v.string(), v.nonEmpty()), table]),
    help:
      'How views are changed. light: parts of the image, every other one in a mirror; strong: turned, sheared, in ' +
      'other colours, blurred and with a part erased, too; or a YAML or JSON file with such a table. light and strong ' +
      'mirror nothing where --mirror no is given or cross-validation finds heads worse with mirrors. From scratch, ' +
      'every epoch draws new views (default: light; from scratch: none)',
    kind: 'text',
    expects: 'none | light | strong | a file',
    read: (typed: string) => typed,
  }),
} as const satisfies OptionTable;

/**
 * Reads the table where a file is named, so that the run keeps what was used.
 * @throws FinetuneError `bad-option` where it is neither a name nor a file with a table
 */
export async function loadAugmentation(
  given: GivenAugmentation | undefined,
): Promise<GivenAugmentation | undefined> {
  if (typeof given !== 'string' || isAugmentationName(given)) return given;
  return validateAugmentation(await readNamedFile('--augment', given, Object.keys(namedAugmentations)));
}

/**
 * The table behind a value that is loaded.
 * @throws FinetuneError `bad-option` for a table with unknown names, or values out of range
 */
export function planAugmentation(given: GivenAugmentation): Augmentation {
  return isAugmentationName(given) ? namedAugmentations[given] : validateAugmentation(given);
}
