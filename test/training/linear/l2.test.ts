// Folds of cross-validation: everybody's share of everything.
import assert from 'node:assert/strict';
import test from 'node:test';
import { dealFolds } from '../../../src/training/linear/l2.js';

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
    const { count, heldOutBy } = dealFolds(Int32Array.from(labels), counts.length, 1);
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
  const { heldOutBy } = dealFolds(Int32Array.of(0, 1, 0, 0), 2, 1);
  assert.equal(heldOutBy[1], -1);
  assert.equal([...heldOutBy].filter(fold => fold >= 0).length, 3);
});

test('Another seed deals otherwise, the same seed alike', () => {
  const labels = new Int32Array(40).map((_, i) => i % 2);
  const [first, again, other] = [1, 1, 2].map(seed => dealFolds(labels, 2, seed).heldOutBy);
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
});

test('With thousands of images one fold of a fifth is held out', () => {
  const labels = new Int32Array(3000).map((_, i) => i % 3);
  const { count, heldOutBy } = dealFolds(labels, 3, 1);
  assert.equal(count, 1);
  assert.equal(heldOutBy.filter(fold => fold === 0).length, 600);
});
