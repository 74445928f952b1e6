// Trainings on few images a class of a folder, in processes of their own, with the accuracy on all the other images.
// Needs `npm run build`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { globSync } from 'glob';

/** What is trained on: image files by the name of their class. */
export type FilesByClass = ReadonlyMap<string, readonly string[]>;

/** A training: images a class, the seed of which and of everything else, and how. */
export interface FewImages {
  readonly backbone: string;
  readonly count: number;
  readonly seed: number;
  readonly flags: readonly string[];
}

/** The images below a folder; where it is train/ and val/ of such folders, they are pooled. */
export function listByClass(data: string): FilesByClass {
  const groups = new Map<string, string[]>();
  for (const file of globSync(join(data, '**/*.{jpg,jpeg,png,JPG}')).sort()) {
    const name = basename(dirname(file));
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return groups;
}

/** Deals `count` images a class to train/ and the rest to test/, trains, and gives what `train --json` prints. */
export function trainOnFew(byClass: FilesByClass, { backbone, count, seed, flags }: FewImages) {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-few-'));
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
  const options = ['--data', join(dir, 'data'), '--out', join(dir, 'run'), '--backbone', backbone];
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
  return JSON.parse(output);
}
