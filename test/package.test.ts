// What `npm pack` makes of a fresh clone is enough to work, installed somewhere else.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { checkout } from './helpers/finetune.js';
import { copyDigits } from './helpers/library.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-package-'));
const clone = join(dir, 'clone');
const modules = join(dir, 'node_modules');
const cli = join(modules, 'finetune/dist/finetune.cjs');

before(() => {
  copyFiles();
  symlinkSync(join(checkout, 'node_modules'), join(clone, 'node_modules'));
  const packing = ['pack', '--json', '--pack-destination', dir];
  const packed = execFileSync('npm', packing, { cwd: clone, encoding: 'utf8' });
  mkdirSync(join(modules, 'finetune'), { recursive: true });
  const tarball = join(dir, packed.match(/finetune-[\d.]+\.tgz/)![0]);
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'finetune'), '--strip-components=1']);
  // Its dependencies are those that are installed here already.
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(checkout, 'node_modules', name), join(modules, name));
  }
});

after(() => rmSync(dir, { recursive: true }));

/** What git would clone: nothing that was built or prepared here. */
function copyFiles(): void {
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', listing, { cwd: checkout, encoding: 'utf8' }).split('\0');
  for (const file of files.filter(file => file !== '' && existsSync(join(checkout, file)))) {
    cpSync(join(checkout, file), join(clone, file));
  }
}

function run(...args: string[]) {
  const env = { ...process.env, FINETUNE_CACHE: join(dir, 'cache') };
  return spawnSync(process.execPath, [cli, ...args], { cwd: dir, env, encoding: 'utf8' });
}

test('the package holds the program and the embedded backbone, not its sources or tests', () => {
  for (const [path, expected] of [
    ['dist/finetune.cjs', true],
    ['dist/index.d.ts', true],
    ['dist/.tsbuildinfo', false],
    ['pretrained/efficientnet-lite0/card.json', true],
    ['README.md', true],
    ['CHANGELOG.md', true],
    ['LICENSE', true],
    ['src', false],
    ['test', false],
    ['datasets', false],
  ] as const) {
    assert.equal(existsSync(join(modules, 'finetune', path)), expected, path);
  }
});

test('the packed program trains and predicts', () => {
  const data = copyDigits(join(dir, 'digits'), ['0', '1', '7'], 20);
  const trained = run('train', '--data', data, '--backbone', 'efficientnet-lite0', '--input-shape', '32x32');
  assert.equal(trained.status, 0, trained.stderr);
  const predicted = run('predict', join(checkout, 'datasets/digits-unseen/7.png'));
  assert.equal(predicted.status, 0, predicted.stderr);
  assert.match(predicted.stdout, /7\.png: \d \(/);
});

test('no dependency runs a script when it is installed in a clone: two of them would download libraries', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(checkout, file), 'utf8'));
  const locked: Record<string, { hasInstallScript?: boolean }> = read('package-lock.json').packages;
  const withScripts = Object.keys(locked).filter(path => locked[path]!.hasInstallScript);
  const { allowScripts } = read('package.json');
  for (const path of withScripts) {
    assert.equal(allowScripts[path.replace('node_modules/', '')], false, path);
  }
  assert.equal(withScripts.length, Object.keys(allowScripts).length);
});
