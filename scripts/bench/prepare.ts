// VGG16 with its top, 553 MB of random weights: `finetune prepare` against Keras loading and saving the same file.
// Every run is a process of its own, the two take turns; medians, as a Markdown table.
//
//   npx tsx scripts/bench/prepare.ts --python PATH [--rounds 5] [--dir .cache/bench]
//
// PATH is a Python with Keras and TensorFlow. Needs 3 GB of disk. Leave the machine alone meanwhile.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runProcess } from './process.js';
import { medianOf } from './summary.js';

interface Run {
  /** Of the whole process, start included. */
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
  finetune: runFinetune,
  Keras: runKeras,
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
      `${name}: ${measured.seconds.toFixed(2)} s, ${measured.peakMegabytes.toFixed(0)} MiB\n`,
    );
  }
}
process.stdout.write(renderTable());

/** Keras' own file in the published layout, made once. */
async function makeWeights(): Promise<string> {
  const file = join(dir, 'vgg16-top.h5');
  if (existsSync(file)) return file;
  const maker = join(scripts, '../golden/catalogue.py');
  await runProcess(values.python, [maker, dir, 'vgg16', 'top', '224', '224', 'weights']);
  await rename(join(dir, 'vgg16.weights-only.h5'), file);
  return file;
}

async function runFinetune(weights: string, fresh: string): Promise<Run> {
  const preload = pathToFileURL(join(scripts, 'report-memory.mjs')).href;
  const flags = ['vgg16', '--include-top', '--weights', weights, '--out', join(fresh, 'vgg16-top')];
  const memoryFile = join(fresh, 'peak-memory');
  const { seconds } = await runProcess(
    process.execPath,
    ['--import', preload, join(checkout, 'dist/cli.js'), 'prepare', ...flags],
    { env: { ...process.env, PEAK_MEMORY_FILE: memoryFile } },
  );
  return { seconds, peakMegabytes: Number(await readFile(memoryFile, 'utf8')) };
}

async function runKeras(weights: string, fresh: string): Promise<Run> {
  const script = join(scripts, 'keras_convert.py');
  const { stdout, seconds } = await runProcess(values.python, [script, weights, join(fresh, 'vgg16.keras')]);
  const answer = z.object({ peakMegabytes: z.number(), startedSeconds: z.number() });
  return { seconds, ...answer.parse(JSON.parse(stdout.trim().split('\n').at(-1)!)) };
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
  return `| | seconds | without the start | peak MiB |\n|---|---|---|---|\n${rows.join('')}\nfinetune takes ${share.toFixed(2)} of Keras' time.\n`;
}
