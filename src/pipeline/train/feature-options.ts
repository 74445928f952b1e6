// What `train` can be told about the features that a frozen backbone gives: of which layers, of which views.

import * as v from 'valibot';
import { refuseOption } from '../../errors.js';
import { choice, list, maybe, type OptionTable, type Resolved } from '../../option-kinds.js';
import type { FeaturePlan } from './choose-features.js';

/** Options about features. */
export const featureOptions = {
  taps: maybe(
    list(
      v.pipe(v.string(), v.nonEmpty()),
      'Lower layers whose pooled outputs the head gets beside the last one; auto: where cross-validation finds them ' +
        'better (default: auto for up to 2000 training images)',
      'auto, none, or names of layers, with commas',
    ),
  ),
  mirror: maybe(
    choice(
      ['auto', 'yes', 'no'],
      'Train and predict on each image and its mirror, in twice the time, with a frozen backbone; ' +
        'auto: where cross-validation finds it better (default: auto for a solved head, up to 400 training images, and a base that is done with them in seconds)',
    ),
  ),
} as const satisfies OptionTable;

type Options = Resolved<typeof featureOptions> & { readonly pooling: 'avg' | 'max' | 'flatten' };

/** What is known of the head that the features are for. */
interface Purpose {
  /** The head is solved to its optimum. */
  readonly solved: boolean;
  /** More is trained afterwards, in minutes: whether its views may be mirrored is worth some seconds. */
  readonly tuned: boolean;
}

/**
 * Settles which features are tried.
 * @throws FinetuneError `bad-option` for options that contradict each other
 */
export function planFeatures({ taps, mirror, pooling }: Options, { solved, tuned }: Purpose): FeaturePlan {
  validateTaps({ taps, pooling });
  const triesTaps = taps === undefined ? pooling === 'avg' : taps[0] === 'auto';
  const tried = tuned ? mostMirrored.tuned : mostMirrored.solved;
  const named = taps === undefined || triesTaps || taps[0] === 'none' ? undefined : taps;
  return {
    candidates: triesTaps ? 'auto' : named,
    taps: named ? 'take' : 'choose',
    mirror: mirror ?? (solved ? 'auto' : 'no'),
    mostImages: taps === undefined ? 2000 : Infinity,
    mostMirrored:
      mirror === undefined ? { tried, taken: mostMirrored.solved } : { tried: unlimited, taken: unlimited },
  };
}

const unlimited = { images: Infinity, multiplications: Infinity };

/**
 * With more than this, mirrors are not tried unasked: about 4 and 40 seconds on two processors. A head that more is trained
 * above gets them no sooner than one alone: it is what the tuned network has to beat, and where the rest is left.
 */
const mostMirrored = {
  solved: { images: 400, multiplications: 2e11 },
  tuned: { images: 2000, multiplications: 2e12 },
} as const;

function validateTaps({ taps, pooling }: Omit<Options, 'mirror'>): void {
  const word = taps?.find(name => name === 'auto' || name === 'none');
  if (taps !== undefined && word !== undefined && taps.length > 1) {
    refuseOption(`--taps ${taps.join()}: ${word} stands alone, without names of layers.`);
  }
  if (word === 'auto' && pooling === 'flatten') {
    refuseOption(
      '--taps auto joins averages: it does not go with --pooling flatten. Name layers, or leave it out.',
    );
  }
}
