// What a training step costs on each engine, and in Keras: processes of their own, taking turns. Prints a table.
//
//   npx tsx scripts/bench/engines.ts [--python PATH] [--steps 4] [--rounds 3]
//
// Leave the machine alone meanwhile. Needs `npm run build`; the tensorflow rows need `finetune setup`, the Keras rows a
// Python with Keras.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { runProcess } from './process.js';
import { medianOf } from './summary.js';
import { scripts } from './workspace.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    steps: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
  },
});

const tails = { block5: "VGG16's block5 + head", dense: 'dense head 25088 -> 256 -> 5' } as const;
type Tail = keyof typeof tails;

const measured = v.looseObject({ milliseconds: v.array(v.number()) });

const contenders: Readonly<Record<string, (tail: Tail) => [string, string[]]>> = {
  tensorflow: tail => onNode('tensorflow', tail),
  wasm: tail => onNode('wasm', tail),
  'wasm as it comes': tail => onNode('wasm-as-it-comes', tail),
  ...(values.python !== undefined && {
    Keras: (tail: Tail) => [values.python!, [join(scripts, 'keras_step.py'), tail, values.steps]],
  }),
};

for (const tail of Object.keys(tails) as Tail[]) {
  const results = new Map<string, number[] | string>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of Object.keys(contenders)) await takeTurn(results, name, tail);
  }
  process.stdout.write(renderTable(tail, results));
}

function onNode(engine: string, tail: Tail): [string, string[]] {
  return [process.execPath, ['--import', 'tsx', join(scripts, 'engine-step.ts'), engine, tail, values.steps]];
}

async function takeTurn(results: Map<string, number[] | string>, name: string, tail: Tail): Promise<void> {
  const before = results.get(name) ?? [];
  if (typeof before === 'string') return;
  try {
    const { stdout } = await runProcess(...contenders[name]!(tail));
    const { milliseconds } = v.parse(measured, JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1)));
    results.set(name, [...before, ...milliseconds]);
  } catch (error) {
    const reason = [...String(error).matchAll(/Error: (.*)$/gm)].at(-1)?.[1] ?? String(error);
    results.set(name, reason);
  }
}

/** Medians of a step at batch 32. */
function renderTable(tail: Tail, results: ReadonlyMap<string, number[] | string>): string {
  const rows = [...results].map(([name, steps]) => {
    if (typeof steps === 'string') return `| ${name} | ${steps.slice(0, 100)} | |`;
    const median = medianOf(steps)!;
    return `| ${name} | ${median.toFixed(1)} ms | ${(32_000 / median).toFixed(2)} images/s |`;
  });
  return [
    `\n${tails[tail]}, batch 32, a training step:\n`,
    '| on | median | |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
