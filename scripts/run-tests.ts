// Runs every test file under test/ (or those whose path contains an argument) with Node's own test runner.
import { spawnSync } from 'node:child_process';
import { globSync } from 'glob';

const filters = process.argv.slice(2);
const files = globSync('test/**/*.test.ts')
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  .sort();
const run = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-reporter=spec', ...files],
  {
    stdio: 'inherit',
  },
);
process.exit(run.status ?? 1);
