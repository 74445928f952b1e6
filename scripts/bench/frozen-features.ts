// What more there is in a base: accuracy with the last layer alone, with lower ones, with mirrored views, and as
// cross-validation chooses; and with the topmost blocks trained too, which needs validation images. Few images a class
// are trained on, all the others are tested on. Prints a line of JSON each.
//
//   npx tsx scripts/bench/frozen-features.ts --data FOLDER [--backbone NAME|DIR] [--images 10,40] [--seeds 3]
//       [--ways 'chosen,head,fine-tune']
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
    ways: { type: 'string', default: 'last layer,mirrored,taps,chosen' },
  },
});

/** What is fine-tuned is compared with `head`, which holds out as many images. */
const ways: Readonly<Record<string, readonly string[]>> = {
  'last layer': ['--val', '0', '--taps', 'none', '--mirror', 'no'],
  mirrored: ['--val', '0', '--taps', 'none', '--mirror', 'yes'],
  taps: ['--val', '0', '--taps', 'auto', '--mirror', 'no'],
  chosen: ['--val', '0', '--taps', 'auto', '--mirror', 'auto'],
  head: ['--recipe', 'head'],
  'fine-tune': ['--recipe', 'fine-tune'],
};

const byClass = listByClass(values.data);
for (const count of values.images.split(',').map(Number)) {
  for (const way of values.ways.split(',')) {
    const { [way]: flags } = ways;
    if (flags === undefined)
      throw new Error(`--ways ${way}: expected some of ${Object.keys(ways).join(', ')}.`);
    const { backbone } = values;
    const results = Array.from({ length: Number(values.seeds) }, (_, i) =>
      trainOnFew(byClass, { backbone, count, seed: i + 1, flags }),
    );
    const accuracies = results.map(({ test }): number => test.accuracy);
    const mean = accuracies.reduce((sum, each) => sum + each, 0) / accuracies.length;
    const mirrored = results.map(({ head }): boolean | undefined => head.features?.mirrored);
    const taps = results.map(({ head }): number | undefined => head.features?.taps.length);
    const tuned = results.map(({ head }): boolean | undefined => head.tuning?.kept);
    console.log(
      JSON.stringify({ data: basename(values.data), count, way, mean, accuracies, mirrored, taps, tuned }),
    );
  }
}
