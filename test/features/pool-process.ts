// A process of its own that runs a base on digits in threads, and is disturbed after some results:
// pool-process.ts FOLDER exit|throw|abort|fail RESULTS. Prints JSON, if it gets that far.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inFloat } from '../../src/features/precision.js';
import { checkout } from '../helpers/finetune.js';
import { asTheyAre, copyDigits, openBase } from './sample-images.js';

/** As built: its threads run JavaScript. */
const { runOnThreads }: typeof import('../../src/features/pool.js') = await import(
  join(checkout, 'dist/features/pool.js')
);

const [folder = '', what, results] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const images = asTheyAre(copyDigits(folder, 200));
const precision = inFloat('');
const broken = {
  ...precision,
  compileBase: (network: Parameters<typeof precision.compileBase>[0]) => {
    const { graph } = precision.compileBase(network);
    return { graph: { ...graph, nodes: graph.nodes.map(node => ({ ...node, op: 'NoSuchOperator' })) } };
  },
};
const stop = new AbortController();
const reason = new Error('enough');
let count = 0;
const disturb = () => {
  if (what === 'exit') process.exit(7);
  if (what === 'throw') throw reason;
  if (what === 'abort') stop.abort(reason);
};
try {
  const work = { images, signal: stop.signal, times: {} };
  const base = await openBase('avg');
  if (Number(results) === 0) disturb();
  if (Number(results) < 0) setTimeout(disturb, -Number(results));
  for await (const _ of runOnThreads(base, what === 'fail' ? broken : precision, work)) {
    count += 1;
    if (count === Number(results)) disturb();
  }
  console.log(JSON.stringify({ count }));
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  console.log(
    JSON.stringify({
      count,
      code,
      message,
      same: error === reason,
    }),
  );
}
