// Copies that only decoding has shown are put on one side of the split.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { type DataSet, type Split, subsets } from '../../../src/data/data-set.js';
import { originalView } from '../../../src/data/image-rules.js';
import { pictureSide } from '../../../src/data/perceptual-hash.js';
import type { PipelineEvent } from '../../../src/events.js';
import type { RowSource } from '../../../src/features/feature-rows.js';
import { FeatureSet } from '../../../src/features/feature-set.js';
import { KnownPictures } from '../../../src/features/known-pictures.js';
import { splitData } from '../../../src/pipeline/split-data.js';
import { divideAgain } from '../../../src/pipeline/train/divide-again.js';
import { silent } from '../../../src/system/context.js';
import { seededRandom } from '../../../src/training/random.js';

const store = mkdtempSync(join(tmpdir(), 'finetune-divide-'));
after(() => rmSync(store, { recursive: true }));

const examples = Array.from({ length: 24 }, (_, i) => {
  const hash = i.toString(16).padStart(64, '0');
  return { path: `${i % 2}/${i}.jpg`, file: `${i}.jpg`, label: i % 2, hash };
});
const scanned: DataSet = {
  ...{ root: '.', classNames: ['0', '1'], examples, bad: [], warnings: [], fingerprint: '' },
};
const plan = { val: 0.5, test: undefined, folds: undefined, seed: 1, groupBy: undefined, store };

/** Row `i` of an image's place in the data set. */
function featuresOf(split: Split): FeatureSet {
  const images = subsets.flatMap(subset =>
    split[subset].map(example => ({ subset, example, view: originalView })),
  );
  let rows = images.map(({ example }) => Number.parseInt(example.hash, 16));
  const source: RowSource = {
    read: wanted => Float32Array.from(wanted, row => rows[row] ?? -1),
    slice: (start, end) => Float32Array.from(rows.slice(start, end)),
    reorder(order) {
      const before = rows;
      rows = order.map(row => before[row] ?? -1);
    },
    close: () => undefined,
  };
  const known = { shape: [1], bad: [], narrowRanges: new Map(), computed: images.length, profile: {} };
  return new FeatureSet({ images, source, ...known });
}

function drawPicture(seed: number, brightness: number): Uint8Array {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 5 }, () => [1 + 6 * random(), 1 + 6 * random(), 6 * random()] as const);
  return Uint8Array.from({ length: pictureSide ** 2 }, (_, i) => {
    const [y, x] = [Math.floor(i / pictureSide) / pictureSide, (i % pictureSide) / pictureSide];
    return brightness * waves.reduce((sum, [p, q, r]) => sum + 20 * Math.sin(p * y + q * x + r), 110);
  });
}

test('copies that are on both sides come to one, with their features, as in the next training', async () => {
  const divided = await splitData(scanned, plan, silent.signal);
  const [train, val] = [divided.split.train, divided.split.val.find(({ label }) => label === 1)];
  const original = train.find(({ label }) => label === 0);
  assert.ok(original && val);
  const features = featuresOf(divided.split);
  const pictures = new KnownPictures(store);
  for (const [i, example] of examples.entries()) {
    const isCopy = example.hash === original.hash || example.hash === val.hash;
    pictures.add(example, drawPicture(isCopy ? 100 : i, example.hash === val.hash ? 0.9 : 1));
  }
  pictures.close();
  const events: PipelineEvent[] = [];
  const context = { ...silent, emit: (event: PipelineEvent) => void events.push(event) };
  const settled = await divideAgain({ scanned, plan, divided, features }, context);
  const subsetOf = (path: string) =>
    subsets.find(subset => settled.split[subset].some(each => each.path === path));
  assert.equal(subsetOf(original.path), subsetOf(val.path));
  for (const subset of subsets) {
    const { images, matrix } = settled.features.subset(subset);
    assert.deepEqual(
      [...(matrix() ?? [])],
      images.map(({ example }) => Number.parseInt(example.hash, 16)),
    );
    assert.deepEqual(
      images.map(({ example }) => example.path),
      settled.split[subset].map(each => each.path),
    );
  }
  const messages = events.map(event => ('message' in event ? event.message : '')).join('\n');
  assert.match(messages, /in several classes: 1.*\nCopies of one photo share a subset: 1 image was moved/s);
  const next = await splitData(scanned, plan, silent.signal);
  assert.deepEqual(next.split, settled.split);
});
