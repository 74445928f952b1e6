// Damage that HDF5 files survive far enough for something to be read: of those damaged anywhere, the library takes a
// fifth for HDF5 files at all.

import { below, damageBytes, pick, type Random } from './mutate.js';

/** Nodes of trees, heaps, and lists of names and of texts. */
const structures = ['TREE', 'HEAP', 'SNOD', 'GCOL', 'OHDR', 'OCHK', 'FRHP', 'FHDB', 'BTHD', 'BTLF'];

/** The length of the file stands before this place. */
const superblockBytes = 96;

/** One to four damages that leave the file its length. */
export function damageStructures(file: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(file);
  for (let count = 1 + below(random, 4); count > 0; count--)
    pick(random, [damageWindow, redirect])(bytes, random);
  return bytes;
}

function damageWindow(bytes: Buffer, random: Random): void {
  const starts = structures.flatMap(name => placesOf(name, bytes));
  const start = random() < 0.5 ? pick(random, [superblockBytes, ...starts]) : below(random, bytes.length);
  const window = bytes.subarray(Math.max(start, superblockBytes), start + 64 + below(random, 448));
  damageBytes(window, random).copy(window);
}

function placesOf(name: string, bytes: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) places.push(at);
  return places;
}

/** Writes the address of one thing where another's stands. */
function redirect(bytes: Buffer, random: Random): void {
  const places = Array.from(
    { length: (bytes.length - superblockBytes) >> 3 },
    (_, i) => superblockBytes + 8 * i,
  );
  const addresses = places.filter(at => {
    const value = bytes.readBigUInt64LE(at);
    return value >= superblockBytes && value < bytes.length;
  });
  if (addresses.length === 0) return;
  const from = pick(random, addresses);
  bytes.copyWithin(pick(random, addresses), from, from + 8);
}
