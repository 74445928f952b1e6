// --folds: what it takes the place of, and what it does not go with.

import { refuseOption } from '../../errors.js';
import { integer, maybe } from '../../option-kinds.js';

/** How many folds. */
export const folds = maybe(
  integer(
    2,
    20,
    'Hold out no validation images but cross-validate the head, with so many folds: for sets of few images. ' +
      'The head that is saved is trained on all of them',
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
 * @param frozen nothing but the head is trained
 * @throws FinetuneError `bad-option`
 */
export function validateFolds({ folds: count, val }: Options, frozen: boolean): void {
  if (count === undefined) return;
  if (!frozen) {
    refuseOption(
      `--folds ${count} cross-validates a head on a frozen backbone: what trains more is trained once. ` +
        'Leave it out, and hold images out with --val.',
    );
  }
  if (val !== undefined) {
    refuseOption(
      `--folds ${count} holds every image out in turn, and --val ${val} holds some out for good: give one of them.`,
    );
  }
}
