import assert from 'node:assert/strict';
import test from 'node:test';
import { FinetuneError } from '../src/errors.js';
import { flagOf, predictOptions, resolveOptions, trainOptions } from '../src/options.js';

test('options that are not given have their defaults', () => {
  const options = resolveOptions(trainOptions, { data: 'pets' });
  assert.equal(options.backbone, 'vgg16');
  assert.equal(options.pooling, 'avg');
  assert.equal(options.seed, 1);
  assert.deepEqual(options.hidden, []);
  assert.equal(options.val, undefined);
});

test('flags win over the config file, which wins over the defaults', () => {
  const options = resolveOptions(
    trainOptions,
    { seed: '3' },
    { data: 'pets', seed: 2, 'input-shape': '96x128' },
  );
  assert.equal(options.seed, 3);
  assert.equal(options.data, 'pets');
  assert.deepEqual(options.inputShape, [96, 128]);
});

test('resolved options cannot be changed', () => {
  assert.ok(Object.isFrozen(resolveOptions(predictOptions, {})));
});

test('--hidden takes several units, with commas or repeated', () => {
  for (const given of ['512,128', ['512', '128'], [512, 128]]) {
    assert.deepEqual(resolveOptions(trainOptions, { data: 'pets', hidden: given }).hidden, [512, 128]);
  }
});

const mistakes: [given: Record<string, unknown>, message: RegExp][] = [
  [{}, /--data is missing\. Expected a folder/],
  [{ val: '2' }, /--val expects a number from 0 to 0\.9\. Received: "2"/],
  [{ val: '' }, /--val expects .* Received: ""/],
  [{ val: true }, /--val expects .* Received: true/],
  [{ seed: '1.5' }, /--seed expects a whole number/],
  [{ seed: '0x10' }, /--seed expects a whole number/],
  [{ epochs: '0' }, /--epochs expects a whole number from 1/],
  [{ inputShape: '224' }, /--input-shape expects HEIGHTxWIDTH/],
  [{ pooling: 'mean' }, /--pooling expects avg \| max \| flatten\. Received: "mean"/],
  [{ hidden: '256,-1' }, /--hidden expects whole numbers/],
];

test('a wrong value gets one message: the flag, what it expects, what it got', () => {
  for (const [given, message] of mistakes) {
    const data = Object.keys(given).length === 0 ? {} : { data: 'pets' };
    assert.throws(
      () => resolveOptions(trainOptions, { ...data, ...given }),
      (error: unknown) =>
        error instanceof FinetuneError && error.code === 'bad-option' && message.test(error.message),
    );
  }
});

test('an unknown name in the config file is refused, also one that every object has', () => {
  for (const key of ['epoch', 'constructor', 'toString']) {
    assert.throws(() => resolveOptions(trainOptions, { data: 'pets' }, { [key]: 1 }), /Unknown option/);
  }
});

test('a config file names no other config file', () => {
  assert.throws(
    () => resolveOptions(trainOptions, { data: 'pets' }, { config: 'other.json' }),
    /Unknown option "config" in the config file\. Expected one of: data, (?!.*config)/,
  );
});

test('an option is written with dashes on the command line', () => {
  assert.equal(flagOf('minAccuracy'), '--min-accuracy');
});
