// Decoding in threads, for whoever runs a network elsewhere. What threads make of a base, extract.test.ts and pool.test.ts
// show.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { readImage } from '../../src/data/read-image.js';
import { checkout } from '../helpers/finetune.js';
import { asTheyAre, broken, copyDigits, openInput } from './sample-images.js';

/** As built: its threads run JavaScript. */
const { decodeOnThreads, taskOfExample }: typeof import('../../src/features/run-on-threads.js') =
  await import(join(checkout, 'dist/features/run-on-threads.js'));

const folder = mkdtempSync(join(tmpdir(), 'finetune-decoding-'));
after(() => rmSync(folder, { recursive: true }));

test('threads give what a network takes of each image, to the bit, in the order of the images', async () => {
  const images = asTheyAre(copyDigits(folder, broken + 20));
  const { rules } = openInput();
  const decoded = [];
  for await (const each of decodeOnThreads({ images, rules, taskOf: taskOfExample })) decoded.push(each);
  assert.deepEqual(
    decoded.map(({ image }) => image),
    images,
  );
  for (const [i, { outcome }] of decoded.entries()) {
    const expected = await readImage(images[i]?.example.file ?? '', rules);
    assert.deepEqual(outcome, 'input' in expected ? expected.input : expected);
  }
});
