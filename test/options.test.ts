import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { FinetuneError } from '../src/errors.js';
import { text } from '../src/option-kinds.js';
import { flagOf, resolveOptions } from '../src/options.js';
import { benchOptions } from '../src/pipeline/bench.js';
import { predictOptions } from '../src/pipeline/predict.js';
import { trainOptions } from '../src/pipeline/train/options.js';

test('options that are not given have their defaults', () => {
  const options = resolveOptions(trainOptions, { data: 'pets' });
  assert.equal(options.pooling, 'avg');
  assert.equal(options.seed, 1);
  assert.deepEqual(options.hidden, []);
  assert.equal(options.val, undefined);
});

test('what is given wins over the config file, which wins over the defaults', () => {
  const config = { data: 'pets', seed: 2, 'input-shape': '96x128' };
  const options = resolveOptions(trainOptions, { seed: 3 }, config);
  assert.equal(options.seed, 3);
  assert.equal(options.data, 'pets');
  assert.deepEqual(options.inputShape, [96, 128]);
});

test('what a config file writes as on the command line is read as there', () => {
  const config = { hidden: '256,128', val: '0.1', 'input-shape': '64x96' };
  const { hidden, val, inputShape } = resolveOptions(trainOptions, { data: 'pets' }, config);
  assert.deepEqual([hidden, val, inputShape], [[256, 128], 0.1, [64, 96]]);
});

test('an option that is given as undefined counts as not given', () => {
  assert.equal(resolveOptions(trainOptions, { data: 'pets', seed: undefined }, { seed: 2 }).seed, 2);
});

test('resolved options cannot be changed, and are not those that the caller keeps', () => {
  const given = { data: 'pets', hidden: [8] };
  const options = resolveOptions(trainOptions, given);
  assert.ok(Object.isFrozen(options) && Object.isFrozen(options.hidden));
  given.hidden.push(9);
  assert.deepEqual(options.hidden, [8]);
});

test('a list of one needs no brackets, and commas in a name are part of it', () => {
  assert.deepEqual(resolveOptions(trainOptions, { data: 'pets', hidden: 512 }).hidden, [512]);
  assert.deepEqual(resolveOptions(predictOptions, { images: 'a,b.jpg' }).images, ['a,b.jpg']);
});

test('an input shape is a text or two numbers', () => {
  for (const inputShape of ['64x96', [64, 96]]) {
    assert.deepEqual(resolveOptions(trainOptions, { data: 'pets', inputShape }).inputShape, [64, 96]);
  }
});

const durations: [given: string | number, seconds: number][] = [
  ['90', 90],
  ['60s', 60],
  ['5m', 300],
  ['1h30m', 5400],
  ['1m30s', 90],
  [2.5, 2.5],
];

for (const [given, seconds] of durations) {
  test(`${given} is a duration of ${seconds} seconds`, () => {
    assert.equal(resolveOptions(trainOptions, { data: 'pets', time: given }).time, seconds);
  });
}

const mistakes: [given: Record<string, unknown>, message: RegExp][] = [
  [{ data: undefined }, /^No data folder given\. Expected one with a sub-folder/],
  [{ val: 2 }, /^--val expects a number from 0 to 0\.9\. Received: 2\.$/],
  [{ val: Number.NaN }, /^--val expects .* Received: NaN\.$/],
  [{ val: 1n }, /^--val expects .* Received: 1\.$/],
  [{ val: [1n] }, /^--val expects .* Received: what cannot be written as JSON\.$/],
  [{ val: () => 1 }, /^--val expects .* Received: a function\.$/],
  [{ val: '' }, /^--val expects .* Received: ""/],
  [{ val: true }, /^--val expects .* Received: true/],
  [{ seed: 1.5 }, /^--seed expects a whole number/],
  [{ seed: '0x10' }, /^--seed expects a whole number/],
  [{ epochs: 0 }, /^--epochs expects a whole number from 1/],
  [{ inputShape: '224' }, /^--input-shape expects HEIGHTxWIDTH, each from 1 to 2048/],
  [{ inputShape: '0x224' }, /^--input-shape expects HEIGHTxWIDTH, each from 1 to 2048/],
  [{ inputShape: [224, 4096] }, /^--input-shape expects .* Received: \[224,4096\]/],
  [{ time: 0 }, /^--time expects a duration from 1s to 744h, e\.g\. .* Received: 0\.$/],
  [{ time: 'soon' }, /^--time expects .* Received: "soon"\.$/],
  [{ time: '0m' }, /^--time expects .* Received: "0m"\.$/],
  [{ time: '' }, /^--time expects .* Received: ""\.$/],
  [{ time: '1h30' }, /^--time expects .* Received: "1h30"\.$/],
  [{ time: '745h' }, /^--time expects .* Received: "745h"\.$/],
  [{ pooling: 'mean' }, /^--pooling expects avg \| max \| flatten\. Received: "mean"/],
  [{ hidden: [256, -1] }, /^--hidden expects whole numbers .* Received: -1\.$/],
  [{ hidden: [256, 'abc'] }, /^--hidden expects whole numbers .* Received: "abc"\.$/],
  [{ epoch: 3 }, /^Unknown option "epoch"\. Did you mean epochs\?$/],
  [{ learning_rate: 1 }, /^Unknown option "learning_rate"\. Did you mean learningRate\?$/],
  [{ colour: 'red' }, /^Unknown option "colour"\. Expected one of: data, backbone, /],
  [{ constructor: 1 }, /^Unknown option "constructor"/],
  [{ toString: 1 }, /^Unknown option "toString"/],
];

for (const [given, message] of mistakes) {
  test(`${inspect(given)} gets one message: the option, what it expects, what it got`, () => {
    assert.throws(
      () => resolveOptions(trainOptions, { data: 'pets', ...given }),
      (error: unknown) =>
        error instanceof FinetuneError && error.code === 'bad-option' && message.test(error.message),
    );
  });
}

for (const key of ['epoch', 'constructor', 'toString']) {
  test(`an unknown name in the config file is refused: ${key}`, () => {
    assert.throws(
      () => resolveOptions(trainOptions, { data: 'pets' }, { [key]: 1 }),
      new RegExp(`Unknown option "${key}" in the config file`),
    );
  });
}

test('a config file names no other config file', () => {
  assert.throws(
    () => resolveOptions(trainOptions, { data: 'pets' }, { config: 'other.json' }),
    /Unknown option "config" in the config file\. (?!.*config\b.*config\b)/,
  );
});

test('an option is written with dashes on the command line', () => {
  assert.equal(flagOf('minAccuracy'), '--min-accuracy');
});

test('a choice among few words may be made more than once where a list is expected', () => {
  assert.deepEqual(resolveOptions(benchOptions, { precision: ['int8', 'fp32'] }).precision, ['int8', 'fp32']);
});

test('an option that has to be given and is not is named with what it is for', () => {
  assert.throws(() => resolveOptions({ out: text('Folder to write', 'a folder') }, {}), {
    code: 'bad-option',
    message: '--out is missing. Expected a folder: Folder to write.',
  });
});
