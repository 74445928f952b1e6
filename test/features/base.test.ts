// What is frozen: which part of a backbone, on which input, and how its features are named.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { type BaseOptions, loadBase } from '../../src/features/base.js';
import { prepare } from '../../src/pipeline/prepare.js';
import { checkout } from '../helpers/finetune.js';

const load = (options: Partial<BaseOptions> = {}) =>
  loadBase({
    backbone: join(checkout, 'pretrained/efficientnet-lite0'),
    ...{ inputShape: undefined, cut: undefined, resize: undefined, pooling: 'avg' },
    ...options,
  });

test('a backbone without its top, pooled: one vector of features per image', async () => {
  const { featureShape, rules, card } = await load();
  assert.deepEqual(featureShape, [1280]);
  assert.deepEqual([rules.size, rules.channels], [[224, 224], 3]);
  assert.deepEqual(card.inputShape, [224, 224, 3]);
  assert.equal(card.classNames, undefined);
});

for (const [pooling, shape] of [
  ['avg', [80]],
  ['max', [80]],
  ['flatten', [4 * 4 * 80]],
] as const) {
  test(`cut at a layer, with ${pooling} pooling: features of shape ${shape}`, async () => {
    const { featureShape } = await load({ inputShape: [64, 64], cut: 'block4a_project_bn', pooling });
    assert.deepEqual(featureShape, shape);
  });
}

test('photos are stretched unless cropping is asked for, and what is done to them is part of their name', async () => {
  const [plain, cropped, small] = [
    await load(),
    await load({ resize: 'crop' }),
    await load({ inputShape: [96, 96] }),
  ];
  assert.deepEqual([plain.rules.resize.method, plain.rules.resize.cropFraction], ['stretch', 1]);
  assert.deepEqual([cropped.rules.resize.method, cropped.rules.resize.cropFraction], ['crop', 0.875]);
  assert.equal(new Set([plain, cropped, small].map(base => base.preprocessingHash)).size, 3);
  assert.equal(plain.fingerprint, cropped.fingerprint);
});

test('another cut or pooling gives other features, and another name', async () => {
  const bases = [await load(), await load({ pooling: 'max' }), await load({ cut: 'block4a_project_bn' })];
  assert.equal(new Set(bases.map(base => base.fingerprint)).size, 3);
});

test("a grey network of one's own takes grey images", async () => {
  const out = join(mkdtempSync(join(tmpdir(), 'finetune-')), 'grey');
  const { dir } = await prepare({ from: join(checkout, 'test/fixtures/cases/gray.keras'), out });
  const { rules, card } = await load({ backbone: dir });
  assert.deepEqual([rules.size, rules.channels], [[28, 28], 1]);
  assert.deepEqual(card.inputShape, [28, 28, 1]);
  assert.equal(rules.preprocessing.channelOrder, 'grey');
});
