// Fuzzes the parsers: npx tsx scripts/fuzz.ts [--parser NAME] [--seconds 60] [--seed 1] [--executions N].
// Prints executions and findings of each; inputs that did harm stay in .cache/fuzz. Exits 1 where there are any.

import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz/execute.js';
import { parsers } from './fuzz/parsers.js';

const { values } = parseArgs({
  options: {
    parser: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    executions: { type: 'string', default: 'Infinity' },
  },
});
const chosen = parsers.filter(({ name }) => values.parser === undefined || values.parser === name);
if (chosen.length === 0)
  throw new Error(`No such parser. Expected: ${parsers.map(({ name }) => name).join(', ')}.`);

const root = resolve('.cache/fuzz');
let total = 0;
for (const parser of chosen) {
  const folder = join(root, parser.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  process.env.TMPDIR = join(folder, 'tmp');
  const { executions, findings } = await fuzz(parser, {
    folder,
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    executions: Number(values.executions),
  });
  console.log(`${parser.name.padEnd(14)} ${executions} executions, ${findings.length} findings`);
  for (const { what, input } of findings)
    console.log(`  ${input}\n    ${what.slice(0, 2000).replaceAll('\n', '\n    ')}`);
  total += findings.length;
}
process.exitCode = total === 0 ? 0 : 1;
