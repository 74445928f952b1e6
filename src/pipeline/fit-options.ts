// Those of train's options that say how features are fitted, and what contradicts itself among them.

import { FinetuneError } from '../errors.js';
import { flagOf } from '../options.js';
import { type FitOptions, loopOptionNames, trainsByEpochs } from '../training/plan.js';

/** What train's options say about fitting, without the others. */
export function planFitOptions(options: FitOptions): FitOptions {
  const { seed, headSolver, l2, hidden, dropout, epochs, batchSize, learningRate, optimizer } = options;
  const { schedule, warmup, weightDecay, clipNorm, labelSmoothing, focalLoss, classWeights, ema, patience } =
    options;
  return {
    ...{ seed, headSolver, l2, hidden, dropout, epochs, batchSize, learningRate, optimizer },
    ...{ schedule, warmup, weightDecay, clipNorm, labelSmoothing, focalLoss, classWeights, ema, patience },
  };
}

const optionsOfEpochs = [...loopOptionNames, 'dropout'] as const;

/** @throws FinetuneError `bad-option` for options that contradict each other, or would do nothing */
export function validateFit(plan: FitOptions): void {
  const { headSolver, hidden, epochs, l2 } = plan;
  if (headSolver === 'lbfgs' && (hidden.length > 0 || epochs !== undefined)) {
    refuse(
      '--head-solver lbfgs solves a linear head to its optimum: it has no hidden layers and no epochs. ' +
        'Leave out --hidden and --epochs, or say --head-solver adam.',
    );
  }
  if (trainsByEpochs(plan)) {
    if (l2 === undefined) return;
    refuse(
      '--l2 belongs to --head-solver lbfgs. When training by epochs, --dropout is what holds the weights back.',
    );
  }
  const idle = optionsOfEpochs.find(name => plan[name] !== undefined);
  if (idle === undefined) return;
  refuse(
    `${flagOf(idle)} ${plan[idle]} does nothing here: a linear head is solved to its optimum, not trained by epochs. ` +
      'Leave it out, or add --epochs, --hidden or --head-solver adam.',
  );
}

function refuse(message: string): never {
  throw new FinetuneError('bad-option', message);
}
