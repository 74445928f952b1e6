// Runs every test file under test/ (or those whose path contains an argument) with Node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { globSync } from 'glob';

const filters = process.argv.slice(2);
const files = globSync('test/**/*.test.ts')
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  .sort();
// Tests leave models and photos behind, close to a gigabyte: in a folder that goes when they are done.
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-tests-')));
const run = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-concurrency=3', '--test-reporter=spec', ...files],
  { stdio: 'inherit', env: { ...process.env, TMPDIR: temporary, TMP: temporary, TEMP: temporary } },
);
rmSync(temporary, { recursive: true, force: true });
process.exit(run.status ?? 1);
