// Warnings about how many images the classes have.
import assert from 'node:assert/strict';
import test from 'node:test';
import { describeBalance } from '../../src/data/balance.js';

function describe(counts: Readonly<Record<string, number>>): string[] {
  const examples = Object.values(counts).flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => ({ path: `${i}`, file: `${i}`, label, hash: `${label}-${i}` })),
  );
  return describeBalance({ classNames: Object.keys(counts), examples });
}

test('classes of 20 images, the largest at most ten times the smallest, are as they should be', () => {
  assert.deepEqual(describe({ cat: 20, dog: 200 }), []);
});

test('a class of fewer than 20 images is named', () => {
  assert.match(
    describe({ cat: 19, dog: 60 }).join(),
    /^Fewer than 20 images: cat \(19\)\. Add photos of this class/,
  );
});

test('imbalance beyond 1:10 is a warning that names the class and the remedy', () => {
  const [only, ...others] = describe({ cat: 20, dog: 201 });
  assert.match(
    only ?? '',
    /^dog has 201 images, cat only 20: .*Add photos of cat, or .*--class-weights balanced/,
  );
  assert.deepEqual(others, []);
});

test('many small classes are counted, not all named', () => {
  const counts = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`c${i}`, 5]));
  assert.match(describe(counts).join(), /c4 \(5\) and 25 more\. Add photos of these classes/);
});
