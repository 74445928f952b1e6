// Images that threads decode, for whoever runs a network elsewhere.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { readImage } from '../../src/data/read-image.js';
import { arraysFor, decodeInThreads, runOnDecoded } from '../../src/features/decoded-images.js';
import { taskOfExample } from '../../src/features/pool.js';
import { isBad, type Runner, type ViewedExample } from '../../src/features/run-images.js';
import { asTheyAre, broken, copyDigits, openInput } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-decoding-'));
after(() => rmSync(folder, { recursive: true }));
const { rules } = openInput();
const batchSize = 8;
let images: ViewedExample[];
let expected: (Float32Array | { reason: string })[];

before(async () => {
  images = asTheyAre(copyDigits(folder, 40));
  const inputs = images.map(({ example }) => readImage(example.file, rules));
  expected = (await Promise.all(inputs)).map(read => (isBad(read) ? read : read.input));
});

test('threads give what a network takes of each image, to the bit, in memory that is used again', async () => {
  const arrays = arraysFor(rules);
  const buffers = new Set<ArrayBufferLike>();
  let next = 0;
  for await (const { image, outcome } of decodeInThreads({ images, rules, taskOf: taskOfExample }, arrays)) {
    assert.equal(image, images[next]);
    assert.deepEqual(isBad(outcome) ? outcome : Float32Array.from(outcome), expected[next]);
    next += 1;
    if (isBad(outcome)) continue;
    buffers.add(outcome.buffer);
    arrays.giveBack(outcome);
  }
  assert.equal(next, images.length);
  assert.ok(buffers.size < images.length);
});

test('a network gets the same images together every time, and each image what the network makes of it', async () => {
  const counts: number[] = [];
  const run: Runner['run'] = async (input, [count]) => {
    counts.push(count);
    return { data: input.map(value => -value), shape: [count, 28, 28, 1] };
  };
  const work = { images, rules, taskOf: taskOfExample, session: { run }, batchSize };
  const outcomes = [];
  for await (const { outcome } of runOnDecoded(work)) outcomes.push(outcome);
  const negative = expected.map(each => (isBad(each) ? each : each.map(value => -value)));
  assert.deepEqual(outcomes, negative);
  // One of the first eight is broken.
  assert.ok(broken < batchSize);
  assert.deepEqual(counts, [7, 8, 8, 8, 8]);
});

test('a network that fails ends it', async () => {
  const run = () => Promise.reject(new Error('no device'));
  const work = { images, rules, taskOf: taskOfExample, session: { run }, batchSize };
  await assert.rejects(runOnDecoded(work).next(), /^Error: no device$/);
});
