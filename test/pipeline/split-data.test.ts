// Which images share a subset, and what is said of the subsets.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { type DataSet, type Split, subsets } from '../../src/data/data-set.js';
import { pictureSide } from '../../src/data/perceptual-hash.js';
import { KnownPictures } from '../../src/features/known-pictures.js';
import { type SplitPlan, splitData } from '../../src/pipeline/split-data.js';
import { silent } from '../../src/system/context.js';
import { seededRandom } from '../../src/training/random.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-split-'));
after(() => rmSync(root, { recursive: true }));

/** Three pictures of each of eight animals, in two classes. */
const examples = Array.from({ length: 24 }, (_, i) => {
  const hash = i.toString(16).padStart(64, '0');
  return { path: `${i % 2}/animal${i % 8}-${i}.jpg`, file: `${i}.jpg`, label: i % 2, hash };
});
const dataSet: DataSet = {
  ...{ root: '.', classNames: ['cat', 'dog'], examples, bad: [], warnings: [], fingerprint: '' },
};
const usual: SplitPlan = {
  ...{ val: 0.4, test: 0.2, folds: undefined, seed: 1, groupBy: undefined, store: join(root, 'empty') },
};
const divide = (plan: Partial<SplitPlan> = {}, given = dataSet) =>
  splitData(given, { ...usual, ...plan }, silent.signal);

function subsetsOf(split: Split, paths: RegExp): Set<string> {
  return new Set(subsets.filter(subset => split[subset].some(({ path }) => paths.test(path))));
}

test('images of one group share a subset, which is that of the group whatever else is there', async () => {
  const { dataSet: grouped, split } = await divide({ groupBy: '(animal\\d)' });
  assert.equal(new Set(grouped.examples.map(({ group }) => group)).size, 8);
  for (let i = 0; i < 8; i++) assert.equal(subsetsOf(split, new RegExp(`animal${i}`)).size, 1, `animal ${i}`);
  assert.equal(subsetsOf(split, /animal/).size, 3);
});

test('copies of which the store knows share a subset, and their places are told', async () => {
  const store = join(root, 'pictures');
  const before = await divide({ store });
  const copies = [before.split.train[0], before.split.val[0], before.split.test[0]];
  const pictures = new KnownPictures(store);
  const random = seededRandom(1);
  const waves = Array.from({ length: 5 }, () => [1 + 6 * random(), 1 + 6 * random(), 6 * random()] as const);
  for (const [number, example] of copies.entries()) {
    const brightness = 1 - number / 10;
    const picture = Uint8Array.from({ length: pictureSide ** 2 }, (_, i) => {
      const [y, x] = [Math.floor(i / pictureSide) / pictureSide, (i % pictureSide) / pictureSide];
      return brightness * waves.reduce((sum, [a, b, c]) => sum + 20 * Math.sin(a * y + b * x + c), 110);
    });
    if (example !== undefined) pictures.add(example, picture);
  }
  pictures.close();
  const { split, copies: places } = await divide({ store });
  const paths = copies.map(example => example?.path ?? '');
  assert.deepEqual(
    places.map(group => group.map(place => examples[place]?.path)),
    [paths.sort(byPlace)],
  );
  const shared = subsets.filter(subset => split[subset].some(({ path }) => paths.includes(path)));
  assert.equal(shared.length, 1);
});

function byPlace(a: string, b: string): number {
  const placeOf = (path: string) => examples.findIndex(each => each.path === path);
  return placeOf(a) - placeOf(b);
}

const divided = {
  ...dataSet,
  examples: examples.map((each, i) => ({ ...each, subset: i < 12 ? ('train' as const) : ('val' as const) })),
};
const single = { ...dataSet, classNames: ['cat', 'dog', 'bird'] };

const cases: [what: string, plan: Partial<SplitPlan>, given: DataSet, warnings: RegExp][] = [
  ['a usual split: nothing', {}, dataSet, /^$/],
  ['nothing held out', { val: 0 }, dataSet, /^No image is held out for validation/],
  ['a class without validation images', {}, single, /^No validation image of: bird/],
  [
    'a class that no fold holds out',
    { folds: 3, val: undefined },
    single,
    /^No fold holds out an image of: bird/,
  ],
  [
    'folders that tear groups apart',
    { groupBy: '(animal\\d)', val: undefined },
    divided,
    /^Groups with images in several of the folders train\/, val\/, test\/: 8, e\.g\. that of 0\/animal0/,
  ],
  ['the same folders, where nobody speaks of groups: nothing', { val: undefined }, divided, /^$/],
];

for (const [what, plan, given, expected] of cases) {
  test(`what is said of ${what}`, async () => {
    const { warnings } = await divide(plan, given);
    assert.match(warnings.join('\n'), expected);
  });
}
