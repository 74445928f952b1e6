// Batches on a device: cut to what it can take, one at a time.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BatchRunner, type ImageBatch, joinBatches } from '../../src/inference/batch.js';

/** Images of two pixels, numbered. */
const batch = (images: number): ImageBatch => ({
  input: Float32Array.from({ length: 2 * images }, (_, i) => i),
  shape: [images, 2, 1, 1],
});

/** A device with room for so many images; it gives the sum of each one's pixels. */
function makeDevice(room: number) {
  const counts: number[] = [];
  let running = 0;
  const run = async ({ input, shape: [count] }: ImageBatch) => {
    running += 1;
    assert.equal(running, 1, 'one run at a time');
    await new Promise(resolve => setImmediate(resolve));
    running -= 1;
    counts.push(count);
    if (count > room) throw new Error('out of memory');
    const data = Float32Array.from(
      { length: count },
      (_, i) => (input[2 * i] ?? 0) + (input[2 * i + 1] ?? 0),
    );
    return { data, shape: [count, 1] };
  };
  return { run, counts };
}

test('a large batch runs in parts, and comes back in one piece', async () => {
  const { run, counts } = makeDevice(8);
  const { data, shape } = await new BatchRunner(run, 4).run(batch(10));
  assert.deepEqual(counts, [4, 4, 2]);
  assert.deepEqual(shape, [10, 1]);
  assert.deepEqual([...data], [1, 5, 9, 13, 17, 21, 25, 29, 33, 37]);
});

test('a device that runs out of memory gets half as many images, from then on', async () => {
  const { run, counts } = makeDevice(3);
  const runner = new BatchRunner(run, 8);
  assert.equal((await runner.run(batch(5))).data.length, 5);
  assert.deepEqual(counts, [4, 2, 2, 1]);
  await runner.run(batch(4));
  assert.deepEqual(counts.slice(4), [2, 2]);
});

test('what fails with a single image is thrown, and the next batch runs', async () => {
  const broken = new BatchRunner(makeDevice(0).run, 8);
  const healthy = new BatchRunner(makeDevice(8).run, 8);
  const [failed, run] = await Promise.allSettled([broken.run(batch(2)), healthy.run(batch(2))]);
  assert.match(String(failed.status === 'rejected' && failed.reason), /out of memory/);
  assert.equal(run.status, 'fulfilled');
});

test('runs wait for one another, and small batches that wait are joined', async () => {
  const { run, counts } = makeDevice(8);
  const runner = new BatchRunner(run, 8);
  const outputs = await Promise.all([3, 1, 2, 5].map(images => runner.run(batch(images))));
  assert.deepEqual(counts, [8, 2, 1]);
  assert.deepEqual(
    outputs.map(output => [...output.data]),
    [[1, 5, 9], [1], [1, 5], [1, 5, 9, 13, 17]],
  );
});

test('batches of one size are joined in their order', () => {
  const { input, shape } = joinBatches([batch(1), batch(2)]);
  assert.deepEqual(shape, [3, 2, 1, 1]);
  assert.deepEqual([...input], [0, 1, 0, 1, 2, 3]);
});
