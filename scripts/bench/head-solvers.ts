// How much better a linear head is when it is solved to its optimum (lbfgs) than when it is trained by epochs (adam,
// a fifth of the images held out to stop early), on few images a class. Accuracy on all the other images.
//
//   npx tsx scripts/bench/head-solvers.ts --data FLOWERS --backbone NAME|DIR [--images 10,40] [--seeds 5]
//
// FLOWERS is a folder per class, or train/ and val/ of such, whose images are pooled. Needs `npm run build`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { globSync } from 'glob';

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

const byClass = groupByClass(globSync(join(values.data, '**/*.{jpg,jpeg,png}')).sort());
for (const count of values.images.split(',').map(Number)) {
  for (const [solver, flags] of Object.entries(solvers)) {
    const accuracies = Array.from({ length: Number(values.seeds) }, (_, i) => measure(count, i + 1, flags));
    const mean = accuracies.reduce((sum, each) => sum + each, 0) / accuracies.length;
    console.log(JSON.stringify({ backbone: basename(values.backbone), count, solver, mean, accuracies }));
  }
}

function groupByClass(files: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const name = basename(dirname(file));
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return groups;
}

/** Deals `count` images a class to train/ and the rest to test/, trains, and gives the accuracy on test/. */
function measure(count: number, seed: number, flags: readonly string[]): number {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-heads-'));
  for (const [name, files] of byClass) {
    const order = (file: string) => createHash('sha256').update(`${seed} ${file}`).digest('hex');
    [...files]
      .sort((a, b) => order(a).localeCompare(order(b)))
      .forEach((file, i) => {
        const folder = join(dir, 'data', i < count ? 'train' : 'test', name);
        mkdirSync(folder, { recursive: true });
        copyFileSync(file, join(folder, `${i}-${basename(file)}`));
      });
  }
  const options = ['--data', join(dir, 'data'), '--out', join(dir, 'run'), '--backbone', values.backbone];
  const line = [
    resolve('dist/finetune.cjs'),
    'train',
    ...options,
    '--seed',
    String(seed),
    '--json',
    ...flags,
  ];
  const output = execFileSync(process.execPath, line, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  rmSync(dir, { recursive: true });
  return JSON.parse(output).test.accuracy;
}
