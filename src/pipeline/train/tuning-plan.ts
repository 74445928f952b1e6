// How to fine-tune, settled from the options.

import type { Example } from '../../data/data-set.js';
import { originalView, type View } from '../../data/image-rules.js';
import { type Augmentation, namedAugmentations } from '../../training/augmentation.js';
import { type LoopOptions, planTuning, type TrainingPlan } from '../../training/plan.js';
import { planViews } from '../../training/views.js';

/** How to fine-tune. */
export interface TuningPlan {
  /** What is trained beside the head, as `planCut` takes it. */
  readonly unfreeze: string;
  /** What the rate is multiplied with from block to block downwards. */
  readonly layerDecay: number;
  /** Changed views of every training image, stored at the cut beside the image itself. Of a whole network none are. */
  readonly views: number;
  /** The number of views was asked for. */
  readonly viewsAsTold?: boolean | undefined;
  readonly augment: Augmentation;
  /** A table of the user's own mirrors as it says. */
  readonly mirrorsAsTold?: boolean | undefined;
  readonly loop: TrainingPlan;
  /** True where nobody asked for it: it is done where it is likely to help and there is time for more than an attempt. */
  readonly isExtra?: boolean | undefined;
}

/** What is usual where the topmost blocks are trained. */
export const topSettings = { unfreeze: 'top', layerDecay: 1, views: 6, batchSize: 32 } as const;

/** Where all of the backbone is. A step keeps what every layer gave: of 32 images through EfficientNet-Lite0 5 GB. */
export const wholeSettings = { unfreeze: 'all', layerDecay: 0.85, batchSize: 16 } as const;

/**
 * Why a number of views is refused where all is trained.
 * @param unfreeze that was found to be all
 */
export function noStoredViews(views: number, unfreeze = 'all'): string {
  const remedy =
    unfreeze === 'all' ? 'Leave it out' : `Say --unfreeze all in place of it and --unfreeze ${unfreeze}`;
  return (
    `--views ${views} does nothing here: all of the backbone is trained, and every epoch draws a new view of each image. ` +
    `${remedy}.`
  );
}

/** Why nothing is tuned where no validation image is held out. */
export const withoutComparison =
  'Unfrozen blocks are kept only where they beat the head alone on validation images, and none are held out.';

/** The recipe fine-tune, as it is where nothing else is said. */
export function planUsualTuning(options: LoopOptions): TuningPlan {
  const { unfreeze, layerDecay, views } = topSettings;
  return { unfreeze, layerDecay, views, augment: namedAugmentations.light, loop: planTuning(options) };
}

/** The views that a training image is seen in. */
export function viewsOf({ augment, views: count, loop: { seed } }: TuningPlan): (example: Example) => View[] {
  return example => [originalView, ...planViews({ augment, count, seed }, example)];
}

/** The same plan, for images whose left and right matter. */
export function withoutMirrors<Plan extends Pick<TuningPlan, 'augment' | 'mirrorsAsTold'>>(plan: Plan): Plan {
  const { flip: _, ...augment } = plan.augment;
  return plan.mirrorsAsTold ? plan : { ...plan, augment };
}
