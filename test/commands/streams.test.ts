// Readers that go away, and disks that are full: nothing that was asked for is lost, and nothing fails in silence.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { cli, makeWorkplace } from '../helpers/finetune.js';
import { copyDigits, lite, seven } from '../helpers/library.js';

const workplace = makeWorkplace();
const finetune = `${process.execPath} ${cli}`;
const backbone = `--backbone ${lite}`;

function shell(line: string) {
  const env = { ...process.env, FINETUNE_CACHE: join(workplace.dir, 'cache') };
  return spawnSync('bash', ['-c', `set -o pipefail; ${line}`], { cwd: workplace.dir, env, encoding: 'utf8' });
}

before(() => {
  const data = copyDigits(join(workplace.dir, 'digits'), ['1', '7'], 12);
  truncateSync(join(copyDigits(join(workplace.dir, 'with-bad'), ['1', '7'], 12), '7', firstOf(data)), 100);
});

/** The first image of the sevens. */
function firstOf(data: string): string {
  return spawnSync('ls', [join(data, '7')], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
}

test('train whose reader leaves after the first line still saves its run', () => {
  const { stdout } = shell(
    `${finetune} train with-bad ${backbone} --input-shape 32x32 --out run 2>&1 | head -n 1`,
  );
  assert.equal(stdout.trim().split('\n').length, 1);
  assert.ok(existsSync(join(workplace.dir, 'run/run.json')));
});

test('predict prints every line when nobody reads stderr any more', () => {
  const images = Array.from({ length: 12 }, (_, i) => (i % 3 === 1 ? `nowhere-${i}.png` : seven)).join(' ');
  const { stdout, status } = shell(`${finetune} predict ${images} ${backbone} --csv 2> >(head -n 1 >&2)`);
  assert.equal(stdout.trim().split('\n').length, 13);
  assert.equal(status, 1);
});

const full = { skip: !existsSync('/dev/full') && 'there is no /dev/full here' };

for (const command of [
  `predict ${seven} ${backbone} --csv`,
  `predict ${seven} ${backbone}`,
  `summary ${lite} --json`,
]) {
  test(
    `finetune ${command.split(' ')[0]} to a full disk: exit code 1, and a message that names what happened`,
    full,
    () => {
      const { status, stderr } = shell(`${finetune} ${command} > /dev/full`);
      assert.equal(status, 1);
      assert.match(stderr, /The result on standard output cannot be written: the disk is full \(ENOSPC\)/);
      assert.doesNotMatch(stderr, / {4}at /);
    },
  );
}

test('a full disk under stderr stops nothing', full, () => {
  const { status, stdout } = shell(`${finetune} predict ${seven} ${backbone} 2> /dev/full`);
  assert.equal(status, 0);
  assert.match(stdout, /7\.png: /);
});

test('a file limit under the run: a message with its path and the remedy, and nothing is left', () => {
  const train = `${finetune} train digits ${backbone} --input-shape 32x32 --precision fp32`;
  assert.equal(shell(`${train} --out unlimited`).status, 0);
  const { status, stderr } = shell(`ulimit -f 2000; ${train} --out limited`);
  assert.equal(status, 1);
  assert.match(stderr, /limited.* cannot be written: .*\(EFBIG\)\. Raise the limit \(ulimit -f\)/);
  assert.doesNotMatch(stderr, / {4}at /);
  assert.ok(!existsSync(join(workplace.dir, 'limited')));
});

test('too few addresses for the libraries: a message with the remedy', () => {
  const { status, stderr } = shell(`ulimit -v 1000000; ${finetune} predict ${seven} ${backbone}`);
  assert.equal(status, 1);
  assert.match(stderr, /^finetune: this process may use 976 MiB of addresses .*`ulimit -v unlimited`\.\n$/);
});

test('evaluate has an exit code of its own for a gate that fails', () => {
  const data = `evaluate digits --model run`;
  assert.equal(shell(`${finetune} ${data} --min-accuracy 0`).status, 0);
  const failed = shell(`${finetune} ${data} --min-accuracy 1.0 --include-training-images`);
  assert.ok(failed.status === 3 || /is not below/.test(failed.stderr));
  assert.equal(shell(`${finetune} ${data} --min-acuracy 0`).status, 1);
});
