import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFloat16, encodeFloat16 } from '../../../src/formats/tfjs-weights/float16.js';

test('every half-precision number survives the way to single precision and back', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const isNan = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
  const back = encodeFloat16(decodeFloat16(all));
  assert.deepEqual(
    back.filter(half => !isNan(half)),
    all.filter(half => !isNan(half)),
  );
});

for (const [title, value, expected] of [
  ['1 + 2^-11 lies in the middle and goes to the even neighbour below', 1 + 2 ** -11, 1],
  ['1 + 3 * 2^-11 lies in the middle and goes to the even neighbour above', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
  ['the largest number', 65504, 65504],
  ['what rounds beyond the largest number', 65520, Number.POSITIVE_INFINITY],
  ['the smallest number', 2 ** -24, 2 ** -24],
  ['half of the smallest number goes to the even neighbour, 0', 2 ** -25, 0],
  ['a number below all others', -1e-10, -0],
  ['what rounding carries into the exponent', 2047.9, 2048],
  ['no number', Number.NaN, Number.NaN],
] as const) {
  test(`half precision: ${title}`, () => {
    assert.ok(Object.is(decodeFloat16(encodeFloat16(Float32Array.of(value)))[0], expected));
  });
}
