// Text inside PNGs, which is not unpacked.
import assert from 'node:assert/strict';
import test from 'node:test';
import { deflateSync } from 'node:zlib';
import { renderPngChunk as chunk } from '../../src/data/png-chunks.js';
import { dropPngText } from '../../src/data/png-text.js';
import { quartersImage } from './sample-images.js';

const png = await quartersImage().png().toBuffer();
/** Behind the signature and the header. */
const place = 8 + 25;
const withChunks = (...chunks: readonly Buffer[]) =>
  Buffer.concat([png.subarray(0, place), ...chunks, png.subarray(place)]);

test('a small file that would become thousands of MB is left with its pixels alone', () => {
  const text = Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(1_000_000, '0'))]);
  const bomb = withChunks(chunk('zTXt', text), chunk('tEXt', Buffer.from('b\0plain')), chunk('iTXt', text));
  assert.deepEqual(dropPngText(bomb), withChunks(chunk('tEXt', Buffer.from('b\0plain'))));
});

for (const [what, file] of [
  ['a PNG without text', png],
  ['a PNG that ends in its text', withChunks(chunk('zTXt', Buffer.alloc(40))).subarray(0, place + 30)],
  ['no PNG', Buffer.from('GIF89a')],
] as const) {
  test(`${what} stays as it is`, () => assert.equal(dropPngText(file), file));
}
