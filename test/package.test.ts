// What `npm pack` puts into the package is enough to work, installed somewhere else.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { checkout } from './helpers/finetune.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-package-'));
const modules = join(dir, 'node_modules');
const cli = join(modules, 'finetune/dist/finetune.cjs');

before(() => {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', dir], {
    cwd: checkout,
    encoding: 'utf8',
  });
  mkdirSync(join(modules, 'finetune'), { recursive: true });
  const tarball = join(dir, packed.match(/finetune-[\d.]+\.tgz/)![0]);
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'finetune'), '--strip-components=1']);
  // Its dependencies are those that are installed here already.
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(checkout, 'node_modules', name), join(modules, name));
  }
});

function run(...args: string[]) {
  const env = { ...process.env, FINETUNE_CACHE: join(dir, 'cache') };
  return spawnSync(process.execPath, [cli, ...args], { cwd: dir, env, encoding: 'utf8' });
}

test('the package holds the program and the embedded backbone, not its sources or tests', () => {
  for (const [path, expected] of [
    ['dist/finetune.cjs', true],
    ['dist/index.d.ts', true],
    ['pretrained/efficientnet-lite0/card.json', true],
    ['LICENSE', true],
    ['src', false],
    ['test', false],
    ['datasets', false],
  ] as const) {
    assert.equal(existsSync(join(modules, 'finetune', path)), expected, path);
  }
});

test('the packed program trains and predicts', () => {
  const data = join(checkout, 'datasets/digits');
  const trained = run('train', '--data', data, '--backbone', 'efficientnet-lite0', '--input-shape', '32x32');
  assert.equal(trained.status, 0, trained.stderr);
  const predicted = run('predict', join(checkout, 'datasets/digits-unseen/7.png'));
  assert.equal(predicted.status, 0, predicted.stderr);
  assert.match(predicted.stdout, /7\.png: \d \(/);
});
