// Kills a training at random moments and gives the same command again, until it ends; then compares the run with that of an
// unbroken training, weights and metrics to the bit. Prints how often they were equal. Needs `npm run build`.
//
//   nice npx tsx scripts/kill-and-go-on.ts [--recipe scratch|fine-tune] [--times 30] [--engine auto]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    recipe: { type: 'string', default: 'scratch' },
    times: { type: 'string', default: '30' },
    engine: { type: 'string', default: 'auto' },
  },
});

const recipes: Readonly<Record<string, readonly string[]>> = {
  scratch: ['--backbone', 'convnet', '--channels', '1', '--epochs', '12', '--batch-size', '8'],
  'fine-tune': [
    ...['--recipe', 'fine-tune', '--backbone', 'efficientnet-lite0', '--input-shape', '32x32'],
    ...['--epochs', '6', '--views', '2', '--precision', 'fp32', '--device', 'cpu', '--unfreeze', 'block6'],
  ],
};

const checkout = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'kill-and-go-on-'));
for (const digit of ['0', '1', '3', '8']) {
  mkdirSync(join(folder, 'digits', digit), { recursive: true });
  cpSync(join(checkout, 'datasets/digits', digit), join(folder, 'digits', digit), { recursive: true });
}

const started = performance.now();
await train('unbroken');
const wholeMilliseconds = performance.now() - started;
const expected = readRun('unbroken');
let [equal, kills, resumed] = [0, 0, 0];
for (let i = 1; i <= Number(values.times); i++) {
  const name = `killed-${i}`;
  // Evenly over the time that it takes, its start included.
  const wasKilled = await train(name, Math.random() * wholeMilliseconds);
  // The last moments come after the run is saved.
  const isKilled = wasKilled === true && !existsSync(join(folder, name));
  if (isKilled) kills += 1;
  const said = isKilled ? await train(name) : '';
  if (String(said).includes('Going on after epoch')) resumed += 1;
  const isEqual = readRun(name) === expected;
  if (isEqual) equal += 1;
  process.stderr.write(`${i}: ${isKilled ? 'killed' : 'ended before'}, ${isEqual ? 'equal' : 'NOT EQUAL'}\n`);
  rmSync(join(folder, name), { recursive: true });
}
process.stdout.write(
  `${values.recipe}: ${equal} of ${values.times} equal to the unbroken run; ${kills} were killed, ` +
    `${resumed} of them went on from a checkpoint.\n`,
);
rmSync(folder, { recursive: true });

/** @returns true where it was killed, else what it said */
async function train(name: string, killAfter?: number): Promise<true | string> {
  const args = ['train', 'digits', ...(recipes[values.recipe] ?? []), '--engine', values.engine];
  // A store of its own, or the second training would find everything done.
  const store = values.recipe === 'scratch' ? [] : ['--store', join(folder, name, '..', `store-${name}`)];
  const program = join(checkout, 'dist/finetune.cjs');
  const child = spawn(process.execPath, [program, ...args, ...store, '--out', name], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', chunk => {
    said += chunk;
  });
  const timer = new AbortController();
  if (killAfter !== undefined) {
    void sleep(killAfter, undefined, { signal: timer.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
  }
  const [status, signal] = await once(child, 'close');
  timer.abort();
  if (signal === 'SIGKILL') return true;
  if (status !== 0) throw new Error(`ended with ${status}: ${said}`);
  return said;
}

/** Weights, epochs and metrics of a run, less what depends on time and place. */
function readRun(name: string): string {
  const model = join(folder, name, 'model');
  const shards = readdirSync(model).filter(file => file.endsWith('.bin'));
  const history = readFileSync(join(folder, name, 'history.jsonl'), 'utf8');
  const { val, test, head } = JSON.parse(readFileSync(join(folder, name, 'run.json'), 'utf8'));
  const weights = shards.map(file => readFileSync(join(model, file)).toString('base64'));
  const told = `${history}${JSON.stringify({ val, test, head })}`.replace(/"seconds":[^,}]*/g, '');
  return JSON.stringify([weights, told]);
}
