// What the shell sees of the command line, whatever the command: arguments, streams, signals, exit codes.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { processorLimit } from '../src/system/processors.js';
import { checkout, cli, makeWorkplace } from './helpers/finetune.js';

const workplace = makeWorkplace();
const seven = join(checkout, 'datasets/digits-unseen/7.png');
const lite = ['--backbone', 'efficientnet-lite0'];

test('after -- every argument is a file, also one that looks like an option', () => {
  cpSync(seven, join(workplace.dir, '--seven.png'));
  const { status, stdout, stderr } = workplace.run(['predict', ...lite, '--top', '1', '--', '--seven.png']);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^--seven\.png: /);
});

const mistakes: [args: string[], message: RegExp][] = [
  [['predict', 'a.png', '--model'], /Not enough arguments following: model\nSee finetune predict --help/],
  [['predict'], /^No image given\. .*See finetune predict --help\.\n$/],
  [['predict', 'a.png', '--json=maybe'], /^--json expects no value\. Received: "maybe"\.\n$/],
  [['prepare', '--includeTop='], /^--include-top expects no value\. Received: ""\.\n$/],
  [['train', 'a', 'b'], /^One argument too many: b\.\nSee finetune train --help/],
  [['bench', 'a'], /^One argument too many: a\.\n/],
  [['predcit'], /Did you mean predict\?\nSee finetune --help/],
  [['train', '--config', 'a.json', '--config', 'b.json'], /one file is enough/],
];

test('a mistake in the arguments is one message in English and exit code 1, in every language', () => {
  for (const [args, message] of mistakes) {
    const env = { ...process.env, LC_ALL: 'de_DE.UTF-8' };
    const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { env, encoding: 'utf8' });
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, / {4}at /);
    assert.equal(status, 1);
  }
});

test('a config file may begin with a byte order mark', () => {
  writeFileSync(
    join(workplace.dir, 'marked.json'),
    '\uFEFF{"data": "nowhere", "backbone": "efficientnet-lite0"}',
  );
  assert.match(workplace.run(['train', '--config', 'marked.json']).stderr, /No folder nowhere/);
});

test('a reader that has seen enough (| head) ends the program without an error', () => {
  const images = Array.from({ length: 40 }, () => seven).join(' ');
  const line = `${process.execPath} ${cli} predict ${lite.join(' ')} ${images} | head -n 1`;
  const { stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  assert.equal(stdout.trim().split('\n').length, 1);
  assert.equal(stderr, '');
});

test('a name that holds control characters cannot command the terminal', () => {
  const { stderr, stdout } = workplace.run(['predict', ...lite, 'a\x1b[31m.png']);
  assert.equal(stderr, 'a?[31m.png: no such file\n');
  assert.equal(stdout, '');
  const { stderr: message } = workplace.run(['summary', 'no\nWarning: \x1b[2J']);
  assert.match(message, /^[^\n]*no\?Warning: \?\[2J/);
});

test('a training that is interrupted leaves nothing, neither a run nor temporary folders', async () => {
  const temporary = join(workplace.dir, 'tmp');
  mkdirSync(temporary);
  const env = { ...process.env, TMPDIR: temporary, FINETUNE_CACHE: join(workplace.dir, 'cache') };
  const args = ['train', '--data', join(checkout, 'datasets/digits'), ...lite];
  const child = spawn(process.execPath, [cli, ...args], { cwd: workplace.dir, env, stdio: 'ignore' });
  const ended = new Promise(resolve => child.once('exit', (_code, signal) => resolve(signal)));
  while (child.exitCode === null && readdirSync(temporary).length === 0) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  child.kill('SIGINT');
  assert.equal(await ended, 'SIGINT');
  assert.deepEqual(readdirSync(temporary), []);
  assert.ok(!readdirSync(workplace.dir).includes('runs'));
});

const onLinux = { skip: process.platform !== 'linux' && 'threads are counted in /proc' };

test('as many threads decode photos as there are processors, or as the user says', onLinux, () => {
  const script = `
    require('node:os').availableParallelism = () => 12;
    process.on('exit', () => console.log(require('node:fs').readdirSync('/proc/self/task').length));
    require(${JSON.stringify(cli)});`;
  const countThreads = (wanted: string | undefined) => {
    const env = { ...process.env, UV_THREADPOOL_SIZE: wanted };
    const args = ['-e', script, '--', '--version'];
    const { stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    return Number(stdout.trim().split('\n').at(-1));
  };
  const expected = Math.max(4, Math.min(12, processorLimit()));
  assert.equal(countThreads(undefined) - countThreads('1'), expected - 1);
});
