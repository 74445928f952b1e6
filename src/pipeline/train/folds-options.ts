// --folds: what it takes the place of, and what it does not go with.

import { refuseOption } from '../../errors.js';
import { integer, maybe } from '../../option-kinds.js';

/** How many folds. */
export const folds = maybe(
  integer(
    2,
    20,
    'Hold out no validation images but cross-validate, with so many folds: for sets of few images. What is saved ' +
      'is trained on all of them',
  ),
);

/** What has to do with folds. */
interface Options {
  readonly folds: number | undefined;
  readonly val: number | undefined;
}

/**
 * Checks that --time goes with the folds.
 * @param byEpochs each fold trains for as long as it likes
 * @throws FinetuneError `bad-option`
 */
export function validateFoldsInTime({ folds: count, time }: Timed, byEpochs: boolean): void {
  if (count === undefined || time === undefined || !byEpochs) return;
  refuseOption(
    `--time says how long one training by epochs may take, and --folds ${count} trains ${count + 1} times: give one of them.`,
  );
}

interface Timed {
  readonly folds: number | undefined;
  readonly time: number | undefined;
}

/**
 * Checks what --folds goes with.
 * @throws FinetuneError `bad-option`
 */
export function validateFolds({ folds: count, val }: Options): void {
  if (count === undefined || val === undefined) return;
  refuseOption(
    `--folds ${count} holds every image out in turn, and --val ${val} holds some out for good: give one of them.`,
  );
}
