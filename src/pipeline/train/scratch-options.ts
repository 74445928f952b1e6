// A training from scratch: what of train's options it takes, and the plan that its steps get.

import { convnetName } from '../../backbones/architectures/convnet.js';
import type { Channels, ResizeRule, Size } from '../../data/image-rules.js';
import { refuseOption } from '../../errors.js';
import type { EpochViews } from '../../features/pixel-rows.js';
import { storeDirectory } from '../../features/store-directory.js';
import { flagOf, tellOption } from '../../options.js';
import type { RunPlan } from '../../runs/folder.js';
import { isAugmentationName } from '../../training/augmentation.js';
import { planScratch, type TrainingPlan } from '../../training/plan.js';
import type { SplitPlan } from '../split-data.js';
import { planAugmentation } from './augment-option.js';
import { planFitOptions, validateLoop } from './fit-options.js';
import type { SettledTrainOptions } from './options.js';
import { withoutMirrors } from './tuning-plan.js';

/** What each step of a training from scratch gets to know. */
export interface ScratchPlan {
  /** A file or folder of the user's own with the topology; the ConvNet where absent. */
  readonly network: string | undefined;
  readonly split: SplitPlan;
  /** Height and width of the input; those that suit the images where absent. */
  readonly size: Size | undefined;
  /** Channels of the input; those of the images where absent. */
  readonly channels: Channels | undefined;
  readonly resize: ResizeRule['method'];
  readonly views: EpochViews;
  readonly loop: TrainingPlan;
  readonly run: RunPlan;
}

/** Whether options ask for a network without pretrained weights. */
export function isFromScratch({
  recipe,
  backbone,
}: Pick<SettledTrainOptions, 'recipe' | 'backbone'>): boolean {
  return recipe === 'scratch' || backbone === convnetName;
}

/** Options about pretrained weights and what is frozen of them. */
const ofPretrained = [
  'cut',
  'taps',
  'unfreeze',
  'layerDecay',
  'headSolver',
  'l2',
  'dropout',
  'store',
] as const;

/**
 * Deals the options out to the steps.
 * @throws FinetuneError `bad-option` for options that would do nothing
 */
export function planFromScratch(options: SettledTrainOptions): ScratchPlan {
  const { backbone = convnetName, seed, val, test, inputShape, channels, resize } = options;
  const { data, out, force } = options;
  validateForScratch(options);
  validateLoop(options);
  return {
    network: backbone === convnetName ? undefined : backbone,
    split: { val, test, seed, groupBy: options.groupBy, store: storeDirectory(options.store, data) },
    size: inputShape,
    channels: channelsOf(channels),
    resize: resize ?? 'stretch',
    views: planEpochViews(options),
    loop: planScratch(planFitOptions(options)),
    run: { data, out, force, inputs: { '--data': data } },
  };
}

function validateForScratch(options: SettledTrainOptions): void {
  const { backbone = convnetName, recipe = 'scratch', channels, device, precision, pooling, folds } = options;
  if (recipe !== 'scratch') {
    refuseOption(
      `${convnetName} is trained from scratch, and has nothing to start from: leave out --recipe ${recipe}.`,
    );
  }
  if (folds !== undefined) {
    refuseOption(
      `--folds ${folds} cross-validates what starts from a pretrained backbone: a network from scratch is trained once. ` +
        'Leave it out, and hold images out with --val.',
    );
  }
  if (backbone !== convnetName && channels !== undefined) {
    refuseOption(`--channels is for ${convnetName}: ${backbone} says itself how many it takes.`);
  }
  const idle = ofPretrained.find(name => options[name] !== undefined);
  if (idle !== undefined)
    refuseOption(
      `${tellOption(idle, options[idle])} does nothing here: nothing is pretrained. Leave it out.`,
    );
  const ofBase = {
    hidden: options.hidden.length > 0,
    verify: options.verify,
    precision: precision === 'int8',
    device: device !== 'auto' && device !== 'cpu',
    pooling: pooling !== 'avg',
  };
  const given = Object.entries(ofBase).find(([, isGiven]) => isGiven)?.[0];
  if (given !== undefined)
    refuseOption(`${flagOf(given)} does nothing here: there is no frozen base. Leave it out.`);
}

/** Views are made of pixels in memory, as Keras' layers make them: to decode small files takes longer than a step. */
function planEpochViews({ augment = 'none', mirror, views: count, seed }: SettledTrainOptions): EpochViews {
  if (count !== undefined) {
    refuseOption(
      `--views ${count} does nothing here: with --augment, every epoch draws a new view of each image. Leave it out.`,
    );
  }
  const changes = planAugmentation(augment);
  const namesMirrors = isAugmentationName(augment) && changes.flip !== undefined;
  if (mirror !== undefined && !(mirror === 'no' && namesMirrors)) {
    refuseOption(
      `--mirror ${mirror} does nothing here: from scratch, images are mirrored by --augment light or strong alone, ` +
        'with which --mirror no goes. Leave it out.',
    );
  }
  const views = { augment: changes, seed, ofFiles: false };
  return mirror === 'no' ? withoutMirrors(views) : views;
}

const allChannels = [1, 2, 3, 4] as const;

function channelsOf(channels: number | undefined): Channels | undefined {
  return allChannels.find(each => each === channels);
}
