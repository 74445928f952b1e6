// How much memory decoding takes: bounded for one image, and for all threads together.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { decodeImage } from '../../src/data/decode.js';
import { takeTurn, withDecodingMemory } from '../../src/data/decode-memory.js';

const megabyte = 10 ** 6;

/** How many of these works were under way at most. */
async function mostAtOnce(works: readonly ((work: () => Promise<void>) => Promise<void>)[]): Promise<number> {
  let now = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++now);
    await setTimeout(10);
    now -= 1;
  };
  await Promise.all(works.map(run => run(work)));
  return most;
}

test('large images are decoded one at a time, small ones side by side', async () => {
  const times = (count: number, bytes: number) =>
    Array.from({ length: count }, () => (work: () => Promise<void>) => withDecodingMemory(bytes, work));
  assert.equal(await mostAtOnce(times(3, 500 * megabyte)), 1);
  assert.equal(await mostAtOnce(times(3, megabyte)), 3);
});

test('a large image waits for the one of another thread', async () => {
  // As built: threads run JavaScript.
  const url = new URL('../../dist/data/decode-memory.js', import.meta.url).href;
  const built: typeof import('../../src/data/decode-memory.js') = await import(url);
  const source = `
    import { parentPort } from 'node:worker_threads';
    const { withDecodingMemory } = await import(${JSON.stringify(url)});
    await withDecodingMemory(500e6, async () => parentPort.postMessage('has its turn'));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const hasItsTurn = once(worker, 'message').then(() => 'other thread');
  await built.withDecodingMemory(500 * megabyte, async () => {
    assert.equal(await Promise.race([hasItsTurn, setTimeout(1000, 'this thread')]), 'this thread');
  });
  assert.equal(await hasItsTurn, 'other thread');
});

test('a thread reads a few images at a time, and goes on after a failure', async () => {
  assert.equal(await mostAtOnce(Array.from({ length: 20 }, () => takeTurn)), 4);
  await assert.rejects(
    takeTurn(() => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await mostAtOnce(Array.from({ length: 20 }, () => takeTurn)), 4);
});

test('an image that takes more memory than is given is refused before it is decoded', async () => {
  const file = gunzipSync(readFileSync(join('test/fixtures/images', 'interlaced-196-megapixels.png.gz')));
  const rules = {
    size: [8, 8],
    channels: 3,
    resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  } as const;
  await assert.rejects(decodeImage(file, rules), {
    code: 'bad-image',
    message: /^too large: decoding it takes 1495 MiB of memory, at most 1024 are given/,
  });
});
