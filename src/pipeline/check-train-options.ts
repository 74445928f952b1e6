// Training options that contradict each other, or would do nothing.

import { FinetuneError } from '../errors.js';
import { flagOf, type TrainOptions } from '../options.js';
import { trainsByEpochs } from '../training/fit.js';

/** @throws FinetuneError `bad-option` */
export function checkTrainOptions(options: TrainOptions): void {
  const { headSolver, hidden, epochs, l2, precision, verify } = options;
  if (headSolver === 'lbfgs' && (hidden.length > 0 || epochs !== undefined)) {
    refuse(
      '--head-solver lbfgs solves a linear head to its optimum: it has no hidden layers and no epochs. ' +
        'Leave out --hidden and --epochs, or say --head-solver adam.',
    );
  }
  if (l2 !== undefined && trainsByEpochs(options)) {
    refuse(
      '--l2 belongs to --head-solver lbfgs. When training by epochs, --dropout is what holds the weights back.',
    );
  }
  const idle = trainsByEpochs(options)
    ? undefined
    : optionsOfEpochs.find(name => options[name] !== undefined);
  if (idle !== undefined) {
    refuse(
      `${flagOf(idle)} ${options[idle]} does nothing here: a linear head is solved to its optimum, not trained by epochs. ` +
        'Leave it out, or add --epochs, --hidden or --head-solver adam.',
    );
  }
  if (verify && precision === 'fp32') {
    refuse(
      '--verify compares the int8 model with the fp32 one: with --precision fp32 there is no int8 model.',
    );
  }
}

const optionsOfEpochs = ['batchSize', 'learningRate', 'dropout'] as const;

function refuse(message: string): never {
  throw new FinetuneError('bad-option', message);
}
