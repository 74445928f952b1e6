// Tables of transformations.
import assert from 'node:assert/strict';
import test from 'node:test';
import { namedAugmentations, validateAugmentation } from '../../src/training/augmentation.js';

test('A table is completed: what has no probability happens always, a flip every other time', () => {
  assert.deepEqual(validateAugmentation({ flip: {}, rotation: { degrees: [-5, 5] } }), {
    flip: { probability: 0.5 },
    rotation: { degrees: [-5, 5], probability: 1 },
  });
  assert.deepEqual(validateAugmentation(namedAugmentations.strong), namedAugmentations.strong);
});

const mistakes: [table: unknown, message: RegExp][] = [
  [{ rotatoin: { degrees: [0, 5] } }, /unknown name rotatoin\. Did you mean rotation\?/],
  [{ rotation: { degree: [0, 5] } }, /unknown name rotation\.degree|rotation\.degrees expects a value/],
  [{ rotation: { degrees: [0, 5], probabilty: 1 } }, /rotation\.probabilty\. Did you mean probability\?/],
  [{ rotation: {} }, /rotation\.degrees expects a value\. Received: nothing/],
  [{ rotation: 15 }, /rotation expects a table of degrees, probability\. Received: 15/],
  [{ rotation: { degrees: [-200, 5] } }, /rotation\.degrees expects two numbers from -180 to 180.*: -200/],
  [{ rotation: { degrees: [5, -5] } }, /rotation\.degrees expects two numbers .* the smaller one first/],
  [{ blur: { sigma: [0.5, Number.POSITIVE_INFINITY] } }, /blur\.sigma expects two numbers from 0\.3 to 20/],
  [{ flip: { probability: 2 } }, /flip\.probability expects a number from 0 to 1\. Received: 2/],
  [{ crop: { area: [0, 1], ratio: [1, 1] } }, /crop\.area expects two numbers from 0\.05 to 1/],
  [{}, /the table is empty\. Expected any of: crop, flip,/],
  ['flip', /expected a table/],
];

for (const [table, message] of mistakes) {
  test(`${JSON.stringify(table)} is refused`, () => {
    assert.throws(() => validateAugmentation(table), { code: 'bad-option', message });
  });
}
