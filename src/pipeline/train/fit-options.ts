// Those of train's options that say how features are fitted, and what contradicts itself among them.

import { refuseOption } from '../../errors.js';
import {
  choice,
  integer,
  integers,
  maybe,
  number,
  type OptionTable,
  withDefault,
} from '../../option-kinds.js';
import { flagOf, tellOption } from '../../options.js';
import { type FitOptions, loopOptionNames, trainsByEpochs } from '../../training/plan.js';
import { classWeightsOption } from './class-weights-option.js';

/** Options about fitting what lies above the cut. */
export const fitOptions = {
  headSolver: maybe(
    choice(
      ['lbfgs', 'adam'],
      'How the head is found: a linear one solved to its optimum, or by epochs (default: lbfgs)',
    ),
  ),
  l2: maybe(number(0, 1e6, 'L2 regularization of the linear head (default: chosen by cross-validation)')),
  hidden: withDefault(
    integers(
      1,
      65536,
      'Units of hidden dense layers between base and classes, e.g. 256 or 512,128; trains by epochs',
    ),
    [],
  ),
  dropout: maybe(number(0, 0.95, 'Share of the units dropped while training by epochs (default: 0.3)')),
  epochs: maybe(
    integer(1, 100_000, 'Epochs at most, when training by epochs (default: 100, stopping early)'),
  ),
  batchSize: maybe(
    integer(
      1,
      4096,
      'Images per training step, when training by epochs (default: 32; whole backbone: 16; from scratch: 128)',
    ),
  ),
  learningRate: maybe(number(1e-8, 10, 'Learning rate, when training by epochs (default: 0.001)')),
  optimizer: maybe(
    choice(
      ['adam', 'adamw', 'sgd', 'rmsprop'],
      'What moves the weights, when training by epochs (default: adam)',
    ),
  ),
  schedule: maybe(
    choice(
      ['constant', 'cosine', 'one-cycle', 'step', 'plateau'],
      'How the learning rate changes over the epochs (default: cosine)',
    ),
  ),
  warmup: maybe(integer(0, 1000, 'Epochs over which the learning rate rises at first (default: 0)')),
  weightDecay: maybe(
    number(0, 10, 'Share of the weights taken off per step and unit of rate (default: 0; adamw: 0.01)'),
  ),
  clipNorm: maybe(
    number(1e-6, 1e6, 'Longest gradient of a step; longer ones are shortened (default: no limit)'),
  ),
  labelSmoothing: maybe(number(0, 0.9, 'Share of each label that is spread over all classes (default: 0)')),
  mixup: maybe(
    number(
      0.05,
      4,
      'MixUp: train by epochs on mixtures of two images, their weight drawn from Beta(alpha, alpha); 0.2 is usual ' +
        '(default: none)',
    ),
  ),
  focalLoss: maybe(
    number(0, 10, 'Focus on images that are not yet right: 2 is usual, 0 is none (default: 0)'),
  ),
  ...classWeightsOption,
  ema: maybe(number(0, 0.99999, 'Average the weights over steps, keeping this share each time, e.g. 0.99')),
  targetAccuracy: maybe(
    number(
      0,
      1,
      'Training by epochs stops after the first whose validation accuracy is no less, and keeps it',
    ),
  ),
  patience: maybe(
    integer(1, 100_000, 'Epochs without a lower validation loss before training stops (default: 10)'),
  ),
} as const satisfies OptionTable;

/** What train's options say about fitting, without the others, and without what is told by the names of classes. */
export function planFitOptions(options: Omit<FitOptions, 'classWeights'>): FitOptions {
  const { seed, headSolver, l2, hidden, dropout, epochs, batchSize, learningRate, optimizer } = options;
  const { schedule, warmup, weightDecay, clipNorm, labelSmoothing, focalLoss, ema, patience } = options;
  const { targetAccuracy, mixup } = options;
  return {
    ...{ seed, headSolver, l2, hidden, dropout, epochs, batchSize, learningRate, optimizer },
    ...{ schedule, warmup, weightDecay, clipNorm, labelSmoothing, focalLoss, ema, patience },
    ...{ targetAccuracy, mixup, classWeights: undefined },
  };
}

const optionsOfEpochs = [...loopOptionNames, 'dropout'] as const;

/** @throws FinetuneError `bad-option` for options that contradict each other, or would do nothing */
export function validateFit(plan: FitOptions): void {
  const { headSolver, hidden, epochs, l2 } = plan;
  if (headSolver === 'lbfgs' && (hidden.length > 0 || epochs !== undefined)) {
    refuseOption(
      '--head-solver lbfgs solves a linear head to its optimum: it has no hidden layers and no epochs. ' +
        'Leave out --hidden and --epochs, or say --head-solver adam.',
    );
  }
  if (trainsByEpochs(plan)) {
    if (l2 === undefined) return;
    refuseOption(
      '--l2 belongs to --head-solver lbfgs. When training by epochs, --dropout is what holds the weights back.',
    );
  }
  const idle = optionsOfEpochs.find(name => plan[name] !== undefined);
  if (idle === undefined) return;
  refuseOption(
    `${flagOf(idle)} ${plan[idle]} does nothing here: a linear head is solved to its optimum, not trained by epochs. ` +
      'Leave it out, or add --epochs, --hidden or --head-solver adam.',
  );
}

type LoopSettings = Pick<FitOptions, 'targetAccuracy' | 'patience' | 'schedule' | 'warmup'> & {
  readonly val: number | undefined;
  readonly folds: number | undefined;
};

/** @throws FinetuneError `bad-option` for a rise that the schedule has itself, and what goes by images that nobody holds out */
export function validateLoop({ val, folds, schedule, warmup, ...settings }: LoopSettings): void {
  if (schedule === 'one-cycle' && warmup !== undefined) {
    refuseOption(
      `--warmup ${warmup} does nothing with --schedule one-cycle, whose rate rises by itself. Leave it out.`,
    );
  }
  if (val !== 0 && folds === undefined) return;
  const { targetAccuracy, patience } = settings;
  const byValidation = { targetAccuracy, patience, schedule: schedule === 'plateau' ? schedule : undefined };
  const idle = Object.entries(byValidation).find(([, value]) => value !== undefined);
  if (idle === undefined) return;
  refuseOption(
    `${tellOption(...idle)} goes by validation images, and none are held out. ` +
      `Leave it out, or ${folds === undefined ? '--val 0' : `--folds ${folds}`}.`,
  );
}
