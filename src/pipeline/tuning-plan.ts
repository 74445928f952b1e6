// How to fine-tune, settled from the options.

import { originalView, type View } from '../data/image-rules.js';
import type { TrainingPlan } from '../training/plan.js';
import { type Augmentation, planViews } from '../training/views.js';

/** How to fine-tune. */
export interface TuningPlan {
  /** What is trained beside the head, as `planCut` takes it. */
  readonly unfreeze: string;
  /** What the rate is multiplied with from block to block downwards. */
  readonly layerDecay: number;
  /** Changed views of every training image, stored at the cut beside the image itself. */
  readonly views: number;
  readonly augment: Augmentation;
  readonly loop: TrainingPlan;
  /** Nobody asked for it: done where it is likely to help and there is time for a training worth the name. */
  readonly isExtra?: boolean | undefined;
}

/** The views that training images are seen in. */
export function viewsOf({ augment, views, loop }: TuningPlan): readonly View[] {
  return [originalView, ...planViews(augment, views, loop.seed)];
}
