// What more there is in a frozen base: accuracy with the last layer alone, with lower ones, with mirrored views, and as
// cross-validation chooses. Few images a class are trained on, all the others are tested on. Prints a line of JSON each.
//
//   npx tsx scripts/bench/frozen-features.ts --data FOLDER [--backbone NAME|DIR] [--images 10,40] [--seeds 3]
//
// FOLDER is a folder per class, or train/ and val/ of such, whose images are pooled. Needs `npm run build`.
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { listByClass, trainOnFew } from './few-images.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'datasets/digits' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
    images: { type: 'string', default: '10,40' },
    seeds: { type: 'string', default: '3' },
  },
});

const ways = {
  'last layer': ['--taps', 'none', '--mirror', 'no'],
  mirrored: ['--taps', 'none', '--mirror', 'yes'],
  taps: ['--taps', 'auto', '--mirror', 'no'],
  chosen: ['--taps', 'auto', '--mirror', 'auto'],
};

const byClass = listByClass(values.data);
for (const count of values.images.split(',').map(Number)) {
  for (const [way, options] of Object.entries(ways)) {
    const { backbone } = values;
    const flags = ['--val', '0', ...options];
    const results = Array.from({ length: Number(values.seeds) }, (_, i) =>
      trainOnFew(byClass, { backbone, count, seed: i + 1, flags }),
    );
    const accuracies = results.map(({ test }): number => test.accuracy);
    const mean = accuracies.reduce((sum, each) => sum + each, 0) / accuracies.length;
    const mirrored = results.map(({ head }): boolean => head.features.mirrored);
    const taps = results.map(({ head }): number => head.features.taps.length);
    console.log(
      JSON.stringify({ data: basename(values.data), count, way, mean, accuracies, mirrored, taps }),
    );
  }
}
