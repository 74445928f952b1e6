// Plans for the tests of the training loop.

import type { LoopPlan } from '../../src/training/loop.js';
import type { FitOptions, TrainingPlan } from '../../src/training/plan.js';

/** As a head is trained by epochs where nothing is said. */
export const headLoop: LoopPlan & TrainingPlan = {
  ...{ epochs: 100, batchSize: 32, learningRate: 1e-3, seed: 1, patience: 10 },
  ...{ optimizer: 'adam', weightDecay: 0, schedule: 'cosine', warmup: 0, labelSmoothing: 0, focus: 0 },
};

/** Nothing is said. */
export const noOptions: FitOptions = {
  ...{ seed: 1, headSolver: undefined, hidden: [], l2: undefined, dropout: undefined, epochs: undefined },
  ...{ batchSize: undefined, learningRate: undefined, optimizer: undefined, schedule: undefined },
  ...{ warmup: undefined, weightDecay: undefined, clipNorm: undefined, labelSmoothing: undefined },
  ...{ focalLoss: undefined, classWeights: undefined, ema: undefined, patience: undefined },
  ...{ targetAccuracy: undefined, mixup: undefined },
};
