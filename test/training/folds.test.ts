// Folds of cross-validation: everybody's share of everything, and what belongs together.
import assert from 'node:assert/strict';
import test from 'node:test';
import { dealFolds, summarizeFolds } from '../../src/training/folds.js';

/** How many images of `label` each fold holds out; the last entry counts those that none does. */
function heldOutOf(label: number, labels: readonly number[], heldOutBy: Int32Array): number[] {
  const counts = [0, 0, 0, 0, 0, 0];
  labels.forEach((each, row) => {
    const fold = heldOutBy[row]!;
    if (each === label) counts[fold < 0 ? 5 : fold]! += 1;
  });
  return counts;
}

const cases: { name: string; counts: number[] }[] = [
  { name: 'even classes', counts: [20, 20, 20] },
  { name: 'uneven classes', counts: [50, 3, 7] },
  { name: 'classes of two', counts: [2, 2, 2] },
];

for (const { name, counts } of cases) {
  test(`Five folds hold out every image once and their share of each class: ${name}`, () => {
    const labels = counts.flatMap((count, label) => new Array<number>(count).fill(label));
    const { count, heldOutBy } = dealFolds({ labels: Int32Array.from(labels) }, { count: 5, seed: 1 });
    assert.equal(count, 5);
    counts.forEach((images, label) => {
      const [never, ...shares] = heldOutOf(label, labels, heldOutBy).toReversed();
      assert.equal(never, 0);
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `${shares}`);
      assert.ok(Math.max(...shares) < images, 'one image is left for training');
    });
  });
}

test("A class's only image is always in training", () => {
  const { heldOutBy } = dealFolds({ labels: Int32Array.of(0, 1, 0, 0) }, { count: 5, seed: 1 });
  assert.equal(heldOutBy[1], -1);
  assert.equal([...heldOutBy].filter(fold => fold >= 0).length, 3);
});

test('Another seed deals otherwise, the same seed alike', () => {
  const labels = new Int32Array(40).map((_, i) => i % 2);
  const [first, again, other] = [1, 1, 2].map(seed => dealFolds({ labels }, { count: 5, seed }).heldOutBy);
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
});

test('Images of one group are held out together, and so are views of one image', () => {
  const labels = new Int32Array(40).map((_, row) => row % 2);
  const splitKeys = Array.from(labels, (_, row) => `group ${Math.floor(row / 4)}`);
  const views = Array.from({ length: 20 }, (_, image) => [image, image + 20]);
  const ofGroups = dealFolds({ labels, splitKeys }, { count: 5, seed: 1 }).heldOutBy;
  const ofViews = dealFolds({ labels, views }, { count: 5, seed: 1 }).heldOutBy;
  for (let row = 0; row < 40; row++) assert.equal(ofGroups[row], ofGroups[row - (row % 4)]);
  for (const [first = 0, second = 0] of views) assert.equal(ofViews[first], ofViews[second]);
  assert.deepEqual([...new Set(ofGroups)].sort(), [0, 1, 2, 3, 4]);
});

test('The accuracy is that of all held-out images, its spread that of the folds', () => {
  const image = (fold: number, isRight: boolean) => ({ fold, isRight, loss: isRight ? 0.5 : 1.5 });
  const found = summarizeFolds([image(0, true), image(1, false), image(0, true), image(1, true)]);
  assert.deepEqual(found.accuracies, [1, 0.5]);
  assert.deepEqual([found.accuracy, found.loss, found.folds, found.images], [0.75, 0.75, 2, 4]);
  assert.ok(Math.abs((found.deviation ?? 0) - Math.SQRT1_2 / 2) < 1e-12);
});
