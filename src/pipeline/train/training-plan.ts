// The plan that each step of a training gets, and which options contradict each other or would do nothing.

import { refuseOption } from '../../errors.js';
import type { BaseOptions } from '../../features/base.js';
import { storeDirectory } from '../../features/store-directory.js';
import { tellOption } from '../../options.js';
import type { RunPlan } from '../../runs/folder.js';
import { type FitOptions, planTuning, startOptions, trainsByEpochs } from '../../training/plan.js';
import type { SplitPlan } from '../split-data.js';
import { planAugmentation } from './augment-option.js';
import type { FeaturePlan } from './choose-features.js';
import { planFeatures } from './feature-options.js';
import { planFitOptions, validateFit, validateLoop } from './fit-options.js';
import { validateFolds, validateFoldsInTime } from './folds-options.js';
import type { SettledTrainOptions } from './options.js';
import {
  noStoredViews,
  planUsualTuning,
  type TuningPlan,
  topSettings,
  wholeSettings,
  withoutComparison,
} from './tuning-plan.js';

/** What each step of a training gets to know. */
export interface TrainingPlan {
  readonly base: Omit<BaseOptions, 'backbone'>;
  readonly split: SplitPlan;
  readonly features: FeaturePlan;
  readonly fit: FitOptions;
  /** Absent: the backbone stays as it is. */
  readonly tuning: TuningPlan | undefined;
  readonly run: RunPlan;
  /** The folder of the feature store. */
  readonly store: string;
}

/**
 * Deals the options out to the steps.
 * @throws FinetuneError `bad-option` for options that contradict each other, or would do nothing
 */
export function planTraining(options: SettledTrainOptions): TrainingPlan {
  const { val, test, folds: count, seed, data, out, force, inputShape, cut, resize, pooling } = options;
  if (options.channels !== undefined) {
    refuseOption(
      '--channels is for --backbone convnet: a pretrained network takes the channels that it was trained with.',
    );
  }
  const store = storeDirectory(options.store, data);
  const given = planFitOptions(options);
  const tuning = planFineTuning(options, given);
  // What is said of epochs is then said of the unfrozen blocks.
  const fit = tuning ? startOptions(given) : given;
  validateFit(fit);
  validatePrecision(options);
  validateFolds(options);
  validateFoldsInTime(options, tuning !== undefined || trainsByEpochs(fit));
  validateLoop(options);
  const features = planFeatures(options, { solved: !trainsByEpochs(fit), tuned: tuning !== undefined });
  return {
    base: { inputShape, cut, resize, pooling, taps: features.candidates },
    split: { val, test, folds: count, seed, groupBy: options.groupBy, store },
    features,
    fit,
    tuning: tuning ?? planExtraTuning(options, given),
    run: { data, out, force, inputs: { '--data': data, '--store': store } },
    store,
  };
}

const tuningOptions = ['layerDecay', 'views', 'augment'] as const;

function planFineTuning(options: SettledTrainOptions, given: FitOptions): TuningPlan | undefined {
  const { recipe = 'head', unfreeze, layerDecay, augment = 'light' } = options;
  if (recipe === 'head' && unfreeze === undefined) {
    const idle = tuningOptions.find(name => options[name] !== undefined);
    if (idle === undefined) return undefined;
    refuseOption(
      `${tellOption(idle, options[idle])} does nothing here: the backbone stays as it is. ` +
        'Leave it out, or add --recipe fine-tune or --unfreeze.',
    );
  }
  if (recipe === 'full' && unfreeze !== undefined && unfreeze !== 'all') {
    refuseOption(
      `--unfreeze ${unfreeze} contradicts --recipe full, which unfreezes all: leave one of them out.`,
    );
  }
  if (options.mirror === 'yes') {
    refuseOption(
      '--mirror yes is about a frozen backbone: a network whose blocks were unfrozen predicts from the image alone. ' +
        'Leave it out; with --views 2, predict and evaluate average over the mirror with any run.',
    );
  }
  if (options.val === 0) refuseOption(`${withoutComparison} Leave out --val 0, or --unfreeze and --recipe.`);
  const usual = trainsWhole(options) ? wholeSettings : topSettings;
  return {
    ...{ unfreeze: unfreeze ?? usual.unfreeze, layerDecay: layerDecay ?? usual.layerDecay },
    ...{ views: countViews(options), viewsAsTold: options.views !== undefined },
    ...{ augment: planAugmentation(augment), mirrorsAsTold: typeof augment === 'object' },
    loop: planTuning({ ...given, batchSize: given.batchSize ?? usual.batchSize }),
  };
}

function trainsWhole({ recipe, unfreeze }: Pick<SettledTrainOptions, 'recipe' | 'unfreeze'>): boolean {
  return recipe === 'full' || unfreeze === 'all';
}

/** @throws FinetuneError `bad-option` where changes have no views, or views no changes */
function countViews(options: SettledTrainOptions): number {
  const { recipe, views, augment, mirror } = options;
  if (augment === 'none' && views !== undefined && views > 0) {
    refuseOption(`--views ${views} does nothing with --augment none, which changes nothing: leave one out.`);
  }
  if (typeof augment === 'object' && augment.flip !== undefined && mirror === 'no') {
    refuseOption('--mirror no contradicts the flip of the table in --augment: leave one of them out.');
  }
  if (trainsWhole(options)) {
    if (views !== undefined) refuseOption(noStoredViews(views));
    return 0;
  }
  const count = views ?? (recipe === 'fine-tune' ? topSettings.views : 0);
  if (count === 0 && augment !== undefined) {
    refuseOption(
      `${tellOption('augment', augment)} does nothing here: there are no views. Add --views, e.g. --views 8; or, to train all of the backbone ` +
        'on new views in every epoch, say --unfreeze all.',
    );
  }
  return augment === 'none' ? 0 : count;
}

/** With a budget, blocks are trained too in the time that the head leaves, unless something is asked for that this would undo. */
function planExtraTuning(options: SettledTrainOptions, given: FitOptions): TuningPlan | undefined {
  const { time: seconds, recipe, taps, mirror, folds: count, val } = options;
  const isSettled = [recipe, taps, mirror, count].some(value => value !== undefined);
  if (seconds === undefined || isSettled || val === 0 || trainsByEpochs(given)) return undefined;
  return { ...planUsualTuning(given), isExtra: true };
}

function validatePrecision({ verify, precision, device }: SettledTrainOptions): void {
  if (precision === 'int8' && device !== 'auto' && device !== 'cpu')
    refuseOption(`--precision int8 runs on the CPU. Leave out --device ${device}, or --precision int8.`);
  if (!verify || precision !== 'fp32') return;
  refuseOption(
    '--verify compares the int8 model with the fp32 one: with --precision fp32 there is no int8 model.',
  );
}
