// How much better a linear head is when it is solved to its optimum (lbfgs) than when it is trained by epochs (adam,
// a fifth of the images held out to stop early), on few images a class. Accuracy on all the other images.
//
//   npx tsx scripts/bench/head-solvers.ts --data FLOWERS --backbone NAME|DIR [--images 10,40] [--seeds 5]
//
// FLOWERS is a folder per class, or train/ and val/ of such, whose images are pooled. Needs `npm run build`.
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { listByClass, trainOnFew } from './few-images.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'datasets/digits' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
    images: { type: 'string', default: '10,40' },
    seeds: { type: 'string', default: '5' },
  },
});

/** By epochs a part is held out to stop at; the optimum needs none. */
const solvers = { lbfgs: ['--val', '0'], adam: ['--val', '0.2', '--head-solver', 'adam'] };

const byClass = listByClass(values.data);
for (const count of values.images.split(',').map(Number)) {
  for (const [solver, ofSolver] of Object.entries(solvers)) {
    // What both solvers get is the same: features of the last layer.
    const flags = ['--taps', 'none', '--mirror', 'no', ...ofSolver];
    const { backbone } = values;
    const accuracies = Array.from(
      { length: Number(values.seeds) },
      (_, i): number => trainOnFew(byClass, { backbone, count, seed: i + 1, flags }).test.accuracy,
    );
    const mean = accuracies.reduce((sum, each) => sum + each, 0) / accuracies.length;
    console.log(JSON.stringify({ backbone: basename(backbone), count, solver, mean, accuracies }));
  }
}
