import assert from 'node:assert/strict';
import test from 'node:test';
import { convertColours, gridColours } from '../../src/data/colour-table.js';

/** Every fifth value of all three channels: corners, edges and most of the cells. */
const colours = Uint8Array.from({ length: 52 ** 3 * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return [pixel % 52, Math.floor(pixel / 52) % 52, Math.floor(pixel / 52 ** 2)][i % 3]! * 5;
});

const convert = (conversion: (colour: Uint8Array) => readonly number[]) => {
  const table = gridColours();
  for (let i = 0; i < table.length; i += 3) table.set(conversion(table.slice(i, i + 3)), i);
  const converted = colours.slice();
  convertColours(table, converted);
  return converted;
};

const largestError = (conversion: (colour: Uint8Array) => readonly number[]) => {
  const converted = convert(conversion);
  let largest = 0;
  for (let i = 0; i < colours.length; i += 3) {
    conversion(colours.slice(i, i + 3)).forEach((exact, channel) => {
      largest = Math.max(largest, Math.abs(exact - converted[i + channel]!));
    });
  }
  return largest;
};

test('a conversion that changes nothing changes nothing', () => {
  assert.deepEqual(
    convert(([r, g, b]) => [r!, g!, b!]),
    colours,
  );
});

test('channels keep their places', () => {
  assert.equal(
    largestError(([r, g, b]) => [g!, b!, 255 - r!]),
    0,
  );
});

test('a mixture of channels is exact but for rounding', () => {
  assert.ok(largestError(([r, g, b]) => [0.5 * r! + 0.3 * g! + 0.2 * b!, g!, (r! + b!) / 2]) <= 1);
});

test('a change of gamma is off by little more than rounding, in the grid and after it', () => {
  const power = (value: number) => 255 * (value / 255) ** (2.2 / 1.8);
  assert.ok(largestError(colour => [...colour].map(power)) <= 1.5);
});
