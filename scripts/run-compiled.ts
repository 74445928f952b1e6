// Runs a script whose threads load files of src/, which they can as JavaScript only:
// npx tsx scripts/run-compiled.ts scripts/bench/streamed-features.ts [ARGUMENTS...]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compileTests } from './compile-tests.js';

const [script, ...args] = process.argv.slice(2);
if (script === undefined) throw new Error('Which script? Expected its path.');
mkdirSync('.cache', { recursive: true });
const compiled = mkdtempSync('.cache/compiled-');
try {
  await compileTests(compiled);
  const program = join(compiled, script.replace(/\.ts$/, '.js'));
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', program, ...args], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(compiled, { recursive: true });
}
