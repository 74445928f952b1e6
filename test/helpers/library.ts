// The library as programs import it, and small data sets for it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkout } from './finetune.js';

/** As built: its threads run JavaScript. */
export const finetune: typeof import('../../src/index.js') = await import(join(checkout, 'dist/index.js'));

/** An empty folder, with a cache of its own in the environment. The engine that is set up for the tests is used. */
export function makeFolder(purpose: string): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), `finetune-${purpose}-`)));
  const engines = join(process.env.FINETUNE_CACHE ?? '', 'engines');
  process.env.FINETUNE_CACHE = join(dir, 'cache');
  mkdirSync(process.env.FINETUNE_CACHE);
  if (existsSync(engines)) symlinkSync(resolve(engines), join(process.env.FINETUNE_CACHE, 'engines'));
  // Threads start as the tests do, with a loader that they look for from the working directory.
  symlinkSync(join(checkout, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

/** Copies some of the digits of this repository: a class per name, its first images. */
export function copyDigits(to: string, classes: readonly string[], count: number): string {
  for (const name of classes) {
    const from = join(checkout, 'datasets/digits', name);
    mkdirSync(join(to, name), { recursive: true });
    for (const file of readdirSync(from).slice(0, count)) cpSync(join(from, file), join(to, name, file));
  }
  return to;
}

/** The backbone that comes with the program. */
export const lite = join(checkout, 'pretrained/efficientnet-lite0');

/** A digit that no training has seen. */
export const seven = join(checkout, 'datasets/digits-unseen/7.png');

/** The bytes of a run's model, and its epochs less the time they took. */
export function readRun(run: string): unknown {
  const model = join(run, 'model');
  const shards = readdirSync(model).filter(name => name.endsWith('.bin'));
  const history = readFileSync(join(run, 'history.jsonl'), 'utf8').trim().split('\n');
  return [
    shards.map(name => readFileSync(join(model, name)).toString('base64')),
    history.map(line => ({ ...JSON.parse(line), seconds: 0 })),
  ];
}

/** Trains in a process of its own, which is killed in the fourth epoch. */
export function trainUntilKilled(options: object, cwd: string): void {
  const script = `
    const { train } = await import(${JSON.stringify(join(checkout, 'dist/index.js'))});
    const onEvent = event => { if (event.type === 'epoch' && event.epoch.epoch === 4) process.kill(process.pid, 'SIGKILL'); };
    await train(${JSON.stringify(options)}, { onEvent });`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd });
  assert.equal(signal, 'SIGKILL');
}
