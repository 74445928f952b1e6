// VGG16 with its top, 553 MB of random weights: `finetune prepare` against Keras loading and saving the same file.
// Every run is a process of its own, the two take turns; medians, as a Markdown table.
//
//   npx tsx scripts/bench/prepare.ts --python PATH [--rounds 5] [--dir .cache/bench]
//
// PATH is a Python with Keras and TensorFlow. Needs 3 GB of disk. Leave the machine alone meanwhile.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { readLastLine, runFinetune, runProcess } from './process.js';
import { medianOf } from './summary.js';

interface Run {
  /** Seconds of the whole process, start included. */
  readonly seconds: number;
  readonly peakMegabytes: number;
  /** Once everything is imported; of Keras only. */
  readonly startedSeconds?: number;
}

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '5' },
    dir: { type: 'string', default: '.cache/bench' },
  },
});
const scripts = import.meta.dirname;
const checkout = resolve(scripts, '../..');
const dir = resolve(values.dir);

const contenders: Readonly<Record<string, (weights: string, fresh: string) => Promise<Run>>> = {
  finetune: measureFinetune,
  Keras: measureKeras,
};

await mkdir(dir, { recursive: true });
await runProcess('npm', ['run', '--silent', 'build'], { cwd: checkout });
const weights = await makeWeights();
const runs = new Map<string, Run[]>(Object.keys(contenders).map(name => [name, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const fresh = await mkdtemp(join(dir, 'prepare-'));
    const measured = await run(weights, fresh).finally(() => rm(fresh, { recursive: true }));
    runs.get(name)!.push(measured);
    process.stderr.write(
      `${name}: ${measured.seconds.toFixed(2)} s, ${measured.peakMegabytes.toFixed(0)} MB\n`,
    );
  }
}
process.stdout.write(renderTable());

/** Keras' own file in the published layout, made once. */
async function makeWeights(): Promise<string> {
  const file = join(dir, 'vgg16-top.h5');
  if (existsSync(file)) return file;
  const maker = join(scripts, '../golden/catalogue.py');
  const made = await mkdtemp(join(dir, 'weights-'));
  await runProcess(values.python, [maker, made, 'vgg16', 'top:224x224:weights']);
  await rename(join(made, '0/vgg16.weights-only.h5'), file);
  await rm(made, { recursive: true });
  return file;
}

async function measureFinetune(weights: string, fresh: string): Promise<Run> {
  const flags = ['vgg16', '--include-top', '--weights', weights, '--out', join(fresh, 'vgg16-top')];
  return await runFinetune(checkout, fresh, ['prepare', ...flags]);
}

async function measureKeras(weights: string, fresh: string): Promise<Run> {
  const script = join(scripts, 'keras_convert.py');
  const finished = await runProcess(values.python, [script, weights, join(fresh, 'vgg16.keras')]);
  const measured = v.object({ peakMegabytes: v.number(), startedSeconds: v.number() });
  return { seconds: finished.seconds, ...v.parse(measured, readLastLine(finished)) };
}

function renderTable(): string {
  const median = (name: string, figure: keyof Run) =>
    medianOf(runs.get(name)!.flatMap(run => run[figure] ?? []));
  const rows = Object.keys(contenders).map(name => {
    const figures = (['seconds', 'startedSeconds', 'peakMegabytes'] as const).map(figure =>
      median(name, figure)?.toFixed(figure === 'peakMegabytes' ? 0 : 2),
    );
    return `| ${[name, ...figures.map(figure => figure ?? '-')].join(' | ')} |\n`;
  });
  const share = median('finetune', 'seconds')! / median('Keras', 'seconds')!;
  return `| | seconds | without the start | peak MB |\n|---|---|---|---|\n${rows.join('')}\nfinetune takes ${share.toFixed(2)} of Keras' time.\n`;
}
