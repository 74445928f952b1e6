// What an epoch sees of images, made of their pixels or of their files.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { readGoodImage } from '../../src/data/read-image.js';
import { decodePixels, PixelRows } from '../../src/features/pixel-rows.js';
import { silent } from '../../src/system/context.js';
import { namedAugmentations } from '../../src/training/augmentation.js';
import { drawEpochView } from '../../src/training/views.js';
import { asTheyAre, copyDigits, openInput } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-rows-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'digits'));
const images = asTheyAre(copyDigits(join(folder, 'digits'), 3));
const { rules } = openInput();
const decoded = await Promise.all(images.map(image => decodePixels(image, rules)));
const matrix = Uint8Array.from(decoded.flatMap(({ pixels = [] }) => [...pixels]));
const strong = { augment: namedAugmentations.strong, seed: 5, ofFiles: false };
const unchanged = { ...strong, augment: {} };
const batches = [[2, 0], [1]];

async function drawEpoch(rows: PixelRows, epoch: number, signal = silent.signal): Promise<number[][]> {
  const drawn: number[][] = [];
  for await (const batch of rows.drawEpoch?.({ epoch, batches, signal }) ?? []) drawn.push([...batch]);
  return drawn;
}

for (const [what, given] of [
  ['pixels in memory', { matrix, views: strong }],
  ['files, where they are to be', { matrix, views: { ...strong, ofFiles: true } }],
  ['files, where pixels are not in memory', { matrix: undefined, views: strong }],
] as const) {
  test(`Every epoch sees images in views of its own, batch by batch, made of ${what}`, async () => {
    const rows = new PixelRows({ images, rules, ...given });
    const drawn = await drawEpoch(rows, 3);
    const expected = batches.map(async batch => {
      const inputs = batch.map(row => {
        const { example } = images[row]!;
        return readGoodImage(example.file, rules, { view: drawEpochView(strong, example, 3) });
      });
      return (await Promise.all(inputs)).flatMap(({ input }) => [...input]);
    });
    assert.deepEqual(drawn, await Promise.all(expected));
    assert.notDeepEqual(await drawEpoch(rows, 4), drawn);
  });
}

test('Without changes an epoch sees pixels in memory as they are read; files are decoded ahead of it', async () => {
  const kept = new PixelRows({ images, rules, matrix, views: unchanged });
  assert.equal(kept.drawEpoch, undefined);
  const drawn = await drawEpoch(new PixelRows({ images, rules, matrix: undefined, views: unchanged }), 1);
  assert.deepEqual(drawn[1], [...(await kept.read([1]))]);
});

test('An epoch that is decoded ends when it is told to', async () => {
  const rows = new PixelRows({ images, rules, matrix: undefined, views: strong });
  await assert.rejects(drawEpoch(rows, 1, AbortSignal.abort(new Error('enough'))), /enough/);
});

test('A file that was changed meanwhile ends the epoch, and is named', async () => {
  const changed = images.map(image => ({ ...image, example: { ...image.example, hash: '0'.repeat(64) } }));
  const rows = new PixelRows({ images: changed, rules, matrix: undefined, views: strong });
  await assert.rejects(drawEpoch(rows, 1), {
    code: 'bad-data-set',
    message: /^2\.png could be read at first/,
  });
});
