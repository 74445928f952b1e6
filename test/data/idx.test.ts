// IDX files: what they hold, and that broken or hostile ones are refused with a reason.
import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { readIdx, readLabelledImages } from '../../src/data/idx.js';

/** @param shape also of arrays that the values do not fill */
function idx(shape: readonly number[], values: readonly number[], type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = type;
  header[3] = shape.length;
  for (const [axis, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.from(values)]);
}

const images = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);
const labels = idx([2], [7, 0]);
const names = { images: 'images', labels: 'labels' };

test('Images come with their labels, from plain and from gzipped files', () => {
  const found = readLabelledImages({ images: gzipSync(images), labels }, names);
  const { pixels, labels: read, ...sizes } = found;
  assert.deepEqual(sizes, { count: 2, height: 1, width: 3 });
  assert.deepEqual([...pixels, ...read], [1, 2, 3, 4, 5, 6, 7, 0]);
});

const broken: [what: string, file: Buffer, reason: RegExp][] = [
  ['an empty file', Buffer.alloc(0), /does not begin as an IDX file/],
  ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /does not begin as an IDX file/],
  ['a header that is cut short', images.subarray(0, 9), /does not begin as an IDX file/],
  ['an array without dimensions', idx([], []), /does not begin as an IDX file/],
  ['floats', idx([1], [0, 0, 0, 0], 0x0d), /type 0x0d, not bytes/],
  ['too few bytes', images.subarray(0, -1), /promises 2 x 1 x 3 bytes, 5 bytes follow/],
  ['too many bytes', Buffer.concat([images, labels]), /promises .*, 16 bytes follow/],
  [
    'a promise of more than there can be',
    idx([0xffffffff, 0xffffffff, 0xffffffff], [1]),
    /promises .*, 1 bytes follow/,
  ],
  ['a gzip that is cut short', gzipSync(images).subarray(0, -4), /cannot be unpacked/],
];

for (const [what, file, reason] of broken) {
  test(`${what} is refused`, () => {
    assert.throws(() => readIdx(file, 'file'), { code: 'bad-data-set', message: reason });
  });
}

const strangers: [what: string, files: { images: Buffer; labels: Buffer }, reason: RegExp][] = [
  ['Labels for other images', { images, labels: idx([3], [1, 2, 3]) }, /labels .* 3 numbers, not 2 labels/],
  ['Files that were exchanged', { images: labels, labels: images }, /images .* not images of one channel/],
  ['No image at all', { images: idx([0, 28, 28], []), labels: idx([0], []) }, /0 x 28 x 28 numbers/],
];

for (const [what, files, reason] of strangers) {
  test(`${what} are refused`.replace('all are', 'all is'), () => {
    assert.throws(() => readLabelledImages(files, names), { code: 'bad-data-set', message: reason });
  });
}
