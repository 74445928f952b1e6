import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import type { DataSet, Example, Split, Subset } from '../../src/data/data-set.js';
import { describeMissingValidation, planSplit } from '../../src/data/split.js';

const hashOf = (content: string) => createHash('sha256').update(content).digest('hex');

const imageOf = (className: string, label: number, content: string): Example => ({
  path: `${className}/${content}.jpg`,
  file: `/data/${className}/${content}.jpg`,
  label,
  hash: hashOf(content),
});

/** `counts[label]` images per class, all different. */
function dataSetOf(...counts: number[]): DataSet {
  const images = counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => imageOf(`c${label}`, label, `${label}-${i}`)),
  );
  return withImages(images);
}

function withImages(images: readonly Example[], given?: ReadonlyMap<string, Subset>): DataSet {
  const classNames = [...new Set(images.map(({ path }) => path.split('/')[0]!))];
  const examples = images.map(image => ({ ...image, subset: given?.get(image.path) }));
  return { root: '.', classNames, examples, bad: [], warnings: [], fingerprint: '' };
}

function subsetsByPath(split: Split): Map<string, string> {
  return new Map(
    Object.entries(split).flatMap(([subset, images]) => images.map(({ path }) => [path, subset])),
  );
}

const seed = 1;

test('without options a fifth of the images is held out for validation and none for a test', () => {
  const { train, val, test: held } = planSplit(dataSetOf(5000, 5000), { seed });
  assert.ok(Math.abs(val.length / 10_000 - 0.2) < 0.015, `${val.length}`);
  assert.equal(train.length + val.length, 10_000);
  assert.equal(held.length, 0);
});

test('--val 0.2 --test 0.1 keep the class proportions', () => {
  const { val, test: held } = planSplit(dataSetOf(4000, 1000), { val: 0.2, test: 0.1, seed });
  const share = (images: readonly Example[], label: number) =>
    images.filter(image => image.label === label).length;
  assert.ok(Math.abs(share(val, 0) / 4000 - 0.2) < 0.02 && Math.abs(share(val, 1) / 1000 - 0.2) < 0.04);
  assert.ok(Math.abs(share(held, 0) / 4000 - 0.1) < 0.02 && Math.abs(share(held, 1) / 1000 - 0.1) < 0.03);
});

test('a file keeps its subset when others are added', () => {
  const before = subsetsByPath(planSplit(dataSetOf(60, 60), { seed }));
  const after = subsetsByPath(planSplit(dataSetOf(90, 75, 40), { seed }));
  for (const [path, subset] of before) assert.equal(after.get(path), subset, path);
});

test('a file keeps its subset when it is renamed, and a test part moves no validation image', () => {
  const images = dataSetOf(100, 100).examples;
  const { val } = planSplit(withImages(images), { seed });
  const renamed = images.map(image => ({ ...image, path: image.path.replace('.jpg', '-new.jpg') }));
  const again = planSplit(withImages(renamed), { seed, test: 0.2 });
  assert.deepEqual(
    again.val.map(({ hash }) => hash),
    val.map(({ hash }) => hash),
  );
});

test('byte-identical images are in the same subset, whatever their class', () => {
  const contents = Array.from({ length: 200 }, (_, i) => `same-${i}`);
  const images = ['c0', 'c1'].flatMap((name, label) =>
    contents.map(content => imageOf(name, label, content)),
  );
  const planned = subsetsByPath(planSplit(withImages(images), { seed, test: 0.2 }));
  for (const content of contents) {
    assert.equal(planned.get(`c0/${content}.jpg`), planned.get(`c1/${content}.jpg`), content);
  }
});

test('the seed decides: the same seed the same split, another seed another', () => {
  const dataSet = dataSetOf(50, 50);
  assert.deepEqual(planSplit(dataSet, { seed }), planSplit(dataSet, { seed }));
  assert.notDeepEqual(planSplit(dataSet, { seed }).val, planSplit(dataSet, { seed: 2 }).val);
});

test('every class has training images, and validation and test images when it has enough', () => {
  for (let count = 1; count <= 8; count++) {
    for (let each = 0; each < 20; each++) {
      const split = planSplit(dataSetOf(count, 30), { val: 0.2, test: 0.2, seed: each });
      const of = (subset: Subset) => split[subset].filter(({ label }) => label === 0).length;
      assert.ok(of('train') >= 1, `${count} images, seed ${each}: none in train`);
      assert.ok(count < 2 || of('val') + of('test') >= 1);
      assert.ok(count < 3 || (of('val') >= 1 && of('test') >= 1), `${count} images, seed ${each}`);
    }
  }
});

test('--val 0 holds nothing out', () => {
  const { train, val } = planSplit(dataSetOf(10, 10), { val: 0, seed });
  assert.deepEqual([train.length, val.length], [20, 0]);
});

const given = (...names: Subset[]) => {
  const images = names.flatMap(subset =>
    [0, 1].flatMap(label =>
      Array.from({ length: 30 }, (_, i) => imageOf(`${subset}/c${label}`, label, `${subset}${label}-${i}`)),
    ),
  );
  return withImages(images, new Map(images.map(({ path }) => [path, path.split('/')[0] as Subset])));
};

test('subsets given by folders are kept', () => {
  const { train, val, test: held } = planSplit(given('train', 'val', 'test'), { seed });
  for (const [subset, images] of Object.entries({ train, val, test: held })) {
    assert.equal(images.length, 60);
    assert.ok(images.every(({ path }) => path.startsWith(`${subset}/`)));
  }
});

test('a class without validation images is told, unless val/ is a folder, of which the scan tells', () => {
  const dataSet = dataSetOf(20, 1);
  const { val } = planSplit(dataSet, { seed });
  assert.match(describeMissingValidation(dataSet, val).join(), /No validation image of: c1\./);
  const folders = withImages(dataSet.examples, new Map([['c0/0-0.jpg', 'val']]));
  assert.deepEqual(describeMissingValidation(folders, val), []);
  assert.match(describeMissingValidation(dataSet, []).join(), /No image is held out/);
});

test('train/ without val/ is split, and test/ stays as it is', () => {
  const { train, val, test: held } = planSplit(given('train', 'test'), { seed, val: 0.5 });
  assert.equal(train.length + val.length, 60);
  assert.ok(val.length > 10 && train.length > 10);
  assert.ok([...train, ...val].every(({ path }) => path.startsWith('train/')));
  assert.ok(held.length === 60 && held.every(({ path }) => path.startsWith('test/')));
});

test('with train/ and val/ a test part is taken from train/', () => {
  const { val, test: held } = planSplit(given('train', 'val'), { seed, test: 0.2 });
  assert.equal(val.length, 60);
  assert.ok(held.length > 0 && held.every(({ path }) => path.startsWith('train/')));
});

test('--val with a val/ folder, --test with a test/ folder, and nothing left to train on are refused', () => {
  const refused = [
    [given('train', 'val'), { val: 0.2 }, /^--val 0\.2 would split what is split already: .* val\//],
    [given('train', 'test'), { test: 0.1 }, /^--test 0\.1 .* test\//],
    [dataSetOf(9, 9), { val: 0.6, test: 0.4 }, /leave nothing to train on\. Expected a sum below 1/],
  ] as const;
  for (const [dataSet, options, message] of refused) {
    assert.throws(() => planSplit(dataSet, { ...options, seed }), { code: 'bad-option', message });
  }
});
