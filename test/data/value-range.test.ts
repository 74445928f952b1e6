// Images of 16 bits that use a small part of their range: how they are read, and what is said of them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { bitsOf, describeNarrowRanges, isNarrow, type ValueRange } from '../../src/data/value-range.js';

const ranges: [values: string, range: ValueRange, bits: number | undefined, narrow: boolean][] = [
  ['0 to 255', [0, 255], 8, true],
  ['0 to 1023', [0, 1023], 10, true],
  ['1 to 4095', [1, 4095], 12, true],
  ['0 to 4096', [0, 4096], undefined, true],
  ['30000 to 40000', [30_000, 40_000], undefined, true],
  ['0 to 16384', [0, 2 ** 14], undefined, false],
  ['0 alone', [0, 0], undefined, true],
];

for (const [values, range, bits, narrow] of ranges) {
  test(`${values}: ${bits === undefined ? 'of 16 bits' : `meant for ${bits} bits`}`, () => {
    assert.deepEqual([bitsOf(range), isNarrow(range)], [bits, narrow]);
  });
}

test('a warning counts them, and names one with its values', () => {
  assert.equal(describeNarrowRanges(new Map()), undefined);
  const found = new Map([
    ['a.png', [0, 4095]],
    ['b.png', [0, 9000]],
  ] as const);
  assert.match(
    describeNarrowRanges(found) ?? '',
    /: 2, e\.g\. a\.png, with values from 0 to 4095: read as 12 bits\./,
  );
});
