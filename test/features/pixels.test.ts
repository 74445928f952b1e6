// Images as they are, for a network that is trained from its input on.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { Split } from '../../src/data/data-set.js';
import { readGoodImage } from '../../src/data/read-image.js';
import { type PixelRequest, readPixels } from '../../src/features/pixels.js';
import { silent } from '../../src/system/context.js';
import { broken, copyDigits, openInput } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-pixels-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'digits'));
const store = join(folder, 'store');
const examples = copyDigits(join(folder, 'digits'), 12).map((each, i) => ({ ...each, label: i % 2 }));
const split: Split = { train: examples.slice(0, 8), val: examples.slice(8), test: [] };
const dataSet = { classNames: ['daisy', 'rose'] };
const base = openInput();
const { rules } = base;
const views = { augment: {}, seed: 1, ofFiles: false };
const request: PixelRequest = { dataSet, split, base, store, views };

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

test('Epochs see training images alone in views of their own', async () => {
  const features = await readPixels({ ...request, memoryBudget: 0 }, silent);
  const drawn = (['train', 'val'] as const).map(name => features.subset(name).drawEpoch !== undefined);
  assert.deepEqual(drawn, [true, false]);
});
