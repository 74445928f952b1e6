// Images as they are, for a network that is trained from its input on.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { planConvnet } from '../../src/backbones/architectures/convnet.js';
import type { Split } from '../../src/data/data-set.js';
import { readGoodImage } from '../../src/data/read-image.js';
import { baseOfInput } from '../../src/features/base.js';
import type { FeatureSet } from '../../src/features/feature-set.js';
import type { EpochViews } from '../../src/features/pixel-rows.js';
import { type PixelRequest, readPixels } from '../../src/features/pixels.js';
import { silent } from '../../src/system/context.js';
import { namedAugmentations } from '../../src/training/augmentation.js';
import { drawWeights } from '../../src/training/initialize.js';
import { drawEpochView } from '../../src/training/views.js';
import { broken, copyDigits } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-pixels-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'digits'));
const store = join(folder, 'store');
const examples = copyDigits(join(folder, 'digits'), 12).map((each, i) => ({ ...each, label: i % 2 }));
const split: Split = { train: examples.slice(0, 8), val: examples.slice(8), test: [] };
const dataSet = { classNames: ['daisy', 'rose'] };
const network = drawWeights(planConvnet({ inputShape: [28, 28, 1], classes: 2 }), 1);
const { base } = baseOfInput(network, {
  ...{ formatVersion: 1, name: 'convnet', architecture: 'convnet', inputShape: [28, 28, 1] },
  ...{ preprocessing: { channelOrder: 'grey', mean: [0], std: [255] }, source: '', licence: '' },
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
});
const { rules } = base;
const unchanged: EpochViews = { augment: {}, seed: 1, ofFiles: false };
const request: PixelRequest = { dataSet, split, base, store, views: unchanged };

for (const [where, memoryBudget] of [
  ['kept in memory', undefined],
  ['decoded again each time', 0],
] as const) {
  test(`Rows are what the network takes, ${where}; a bad image is named and has none`, async () => {
    const features = await readPixels({ ...request, memoryBudget }, silent);
    assert.deepEqual([features.shape, features.count], [[28, 28, 1], 11]);
    assert.deepEqual(
      features.bad.map(({ path }) => path),
      [`${broken}.png`],
    );
    const [train, val] = [features.subset('train'), features.subset('val')];
    assert.equal(train.matrix(), undefined);
    const rows = [await train.read([2, 0]), await val.read([3])].flatMap(each => [...each]);
    const good = split.train.filter((_, i) => i !== broken);
    const inputs = await Promise.all(
      [good[2]!, good[0]!, split.val[3]!].map(({ file }) => readGoodImage(file, rules)),
    );
    assert.deepEqual(
      rows,
      inputs.flatMap(({ input }) => [...input]),
    );
  });
}

test('An image that was changed meanwhile is not mistaken for the one that was looked at', async () => {
  const changed = { ...split, train: split.train.map(each => ({ ...each, hash: '0'.repeat(64) })) };
  await assert.rejects(readPixels({ ...request, split: changed }, silent), {
    code: 'bad-data-set',
    message: /Class "daisy" has no readable training image/,
  });
});

test('It stops when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(readPixels(request, { ...silent, signal }), /enough/);
});

const batches = [[2, 0], [1]];

async function drawEpoch(features: FeatureSet, epoch: number): Promise<number[][]> {
  const { signal } = silent;
  const drawn: number[][] = [];
  for await (const batch of features.subset('train').drawEpoch?.({ epoch, batches, signal }) ?? [])
    drawn.push([...batch]);
  return drawn;
}

const views = { augment: namedAugmentations.strong, seed: 5, ofFiles: false };

for (const [where, given] of [
  ['pixels in memory', { views }],
  ['the files, where it is to be', { views: { ...views, ofFiles: true } }],
  ['the files, where pixels are not in memory', { views, memoryBudget: 0 }],
] as const) {
  test(`Every epoch sees training images in views of its own, batch by batch, made of ${where}`, async () => {
    const features = await readPixels({ ...request, ...given }, silent);
    const [drawn, again, next] = [
      await drawEpoch(features, 3),
      await drawEpoch(features, 3),
      await drawEpoch(features, 4),
    ];
    const { images } = features.subset('train');
    const expected = batches.map(async rows => {
      const inputs = rows.map(row => {
        const { example } = images[row]!;
        return readGoodImage(example.file, rules, { view: drawEpochView(views, example, 3) });
      });
      return (await Promise.all(inputs)).flatMap(({ input }) => [...input]);
    });
    assert.deepEqual([drawn, again], [await Promise.all(expected), drawn]);
    assert.notDeepEqual(next, drawn);
    assert.equal(features.subset('val').drawEpoch, undefined);
  });
}

test('Without changes an epoch sees images in memory as they are; those that are not are decoded ahead of it', async () => {
  const kept = await readPixels(request, silent);
  assert.equal(kept.subset('train').drawEpoch, undefined);
  const features = await readPixels({ ...request, memoryBudget: 0 }, silent);
  assert.deepEqual((await drawEpoch(features, 1))[1], [...(await kept.subset('train').read([1]))]);
});

test('An epoch that is decoded ends when it is told to', async () => {
  const features = await readPixels({ ...request, memoryBudget: 0 }, silent);
  const signal = AbortSignal.abort(new Error('enough'));
  const drawn = features.subset('train').drawEpoch?.({ epoch: 1, batches, signal });
  await assert.rejects(async () => drawn?.[Symbol.asyncIterator]().next(), /enough/);
});
