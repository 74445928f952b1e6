// Runs every test file under test/ (or those whose path contains an argument) with Node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { globSync } from 'glob';
import { compileTests } from './compile-tests.js';

const filters = process.argv.slice(2);
const files = globSync('test/**/*.test.ts')
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  .sort();
mkdirSync('.cache', { recursive: true });
const compiled = mkdtempSync('.cache/tests-');
// Tests leave models and photos behind, close to a gigabyte: in a folder that goes when they are done.
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-tests-')));
try {
  await compileTests(compiled);
  const programs = files.map(file => join(compiled, file.replace(/\.ts$/, '.js')));
  const options = ['--enable-source-maps', '--test', '--test-concurrency=4', '--test-reporter=spec'];
  const run = spawnSync(process.execPath, [...options, ...programs], {
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: temporary, TMP: temporary, TEMP: temporary },
  });
  process.exitCode = run.status ?? 1;
} finally {
  for (const folder of [compiled, temporary]) rmSync(folder, { recursive: true, force: true });
}
