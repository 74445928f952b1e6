// The parity of all networks of Keras Applications with Keras itself, on random weights, as a Markdown table: the largest
// difference of an output by the largest output. Needs a Python with Keras and TensorFlow, 16 GB of memory and 6 GB of
// disk; takes an hour or two. A network that fails is told on stderr, and the others go on:
//
//   npx tsx scripts/golden/parity-table.ts [NAME...]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutKeras } from './keras.js';
import { kerasNetworks, type Layout, measureParity, type ParityCase } from './parity.js';

if (withoutKeras !== false) throw new Error(withoutKeras);
const names = process.argv.slice(2);
const layouts = ['keras', 'h5', 'weights-only.h5'] as const satisfies readonly Layout[];
const headings = [false, true].flatMap(includeTop =>
  layouts.map(layout => `${layout}, ${includeTop ? 'with' : 'without'} top`),
);
console.log(
  `| network | input without, with top | ${headings.join(' | ')} |\n|${'---|'.repeat(headings.length + 2)}`,
);
for (const { name, size, smallSize } of kerasNetworks) {
  if (names.length > 0 && !names.includes(name)) continue;
  try {
    const figures = [
      ...(await measure(name, smallSize, false)),
      ...(await measure(name, [size, size], true)),
    ];
    console.log(`| ${name} | ${smallSize.join('x')}, ${size}x${size} | ${figures.join(' | ')} |`);
  } catch (error) {
    console.error(name, error);
    process.exitCode = 1;
  }
}

/** Relative differences in the order of the layouts. */
async function measure(name: string, size: ParityCase['size'], includeTop: boolean): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-parity-'));
  const figures: string[] = [];
  try {
    for await (const { difference, largest } of measureParity(dir, name, [{ includeTop, size, layouts }]))
      figures.push((difference / largest).toExponential(1));
  } finally {
    rmSync(dir, { recursive: true });
  }
  return figures;
}
