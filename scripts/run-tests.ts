// Runs every test file under test/ (or those whose path contains an argument) with Node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { globSync } from 'glob';
import { compileTests } from './compile-tests.js';

/** Files that share a process: to start one takes as long as most of them. */
const filesTogether = 12;

/** What a file has that sets something up for its own tests alone, or changes its process. */
const ownProcess =
  /\b(before|after|beforeEach|afterEach|setTimeout|spawn|mkdtemp\w*|startEngine)\b|\bprocess\.|tensorflow|\bbuilt\b/;

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
  const options = ['--enable-source-maps', '--test', '--test-concurrency=4', '--test-reporter=spec'];
  const run = spawnSync(process.execPath, [...options, ...writePrograms()], {
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: temporary, TMP: temporary, TEMP: temporary },
  });
  process.exitCode = run.status ?? 1;
} finally {
  for (const folder of [compiled, temporary]) rmSync(folder, { recursive: true, force: true });
}

/** @returns what is run, a process each: test files, and files that load several */
function writePrograms(): string[] {
  const sharing = files.filter(file => !ownProcess.test(readFileSync(file, 'utf8')));
  const programs = files
    .filter(file => !sharing.includes(file))
    .map(file => join(compiled, compiledName(file)));
  for (let first = 0; first < sharing.length; first += filesTogether) {
    const program = join(compiled, `together-${first / filesTogether}.test.js`);
    const imports = sharing
      .slice(first, first + filesTogether)
      .map(file => `import './${compiledName(file)}';\n`);
    writeFileSync(program, imports.join(''));
    programs.push(program);
  }
  return programs;
}

function compiledName(file: string): string {
  return file.replaceAll('\\', '/').replace(/\.ts$/, '.js');
}
