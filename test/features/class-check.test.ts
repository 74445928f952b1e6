// What is left of each class once bad images are out.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Subset } from '../../src/data/data-set.js';
import { validateClasses } from '../../src/features/class-check.js';

const classNames = ['daisy', 'rose'];
const read = (subset: Subset, label: number) => ({ subset, example: { label } });
const bad = ['1.jpg', '2.jpg'].map(path => ({ path, reason: 'an empty file' }));

test('a training image of every class is enough, however many images are bad', () => {
  validateClasses([read('train', 1), read('train', 0)], bad, { classNames });
});

const missing: [what: string, kept: ReturnType<typeof read>[], name: string][] = [
  ['a class whose images are all for validation and testing', [read('train', 1), read('val', 0)], 'daisy'],
  ['a class of which nothing could be read', [read('train', 0), read('train', 0)], 'rose'],
  ['of several such classes the first', [], 'daisy'],
];

for (const [what, kept, name] of missing) {
  test(`${what} is named, with the number of bad images`, () => {
    assert.throws(() => validateClasses(kept, bad, { classNames }), {
      code: 'bad-data-set',
      message: `Class "${name}" has no readable training image. Expected at least one; 2 images of the data set could not be read.`,
    });
  });
}
