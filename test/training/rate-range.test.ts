// The test of learning rates: what it tries, where it ends, and what it suggests.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import { silent } from '../../src/system/context.js';
import { startHead } from '../../src/training/fit.js';
import { seededRandom } from '../../src/training/random.js';
import { type RatePoint, suggestRate, testRates } from '../../src/training/rate-range.js';
import { clusterData } from './clusters.js';
import { headLoop } from './loop-plans.js';

const data = clusterData({ perClass: 20, classes: 3, size: 12, spread: 1 });
const head = { ...headLoop, solver: 'adam', classes: 3, hidden: [8], dropout: 0, batchSize: 16 } as const;

async function run(given: { seed?: number } = {}): Promise<RatePoint[]> {
  const plan = { ...head, ...given };
  const { start, scaled } = await startHead({ train: data, val: data }, plan);
  return testRates(start, scaled.train, { ...plan, ...silent });
}

let points: RatePoint[];

before(async () => {
  await startEngine('auto');
  points = await run();
});

test('rates grow evenly from 1e-7, on a logarithmic scale, until the loss is four times its least', () => {
  const [first, second, third] = points.map(({ learningRate }) => learningRate);
  assert.equal(first, 1e-7);
  assert.ok(Math.abs(third! / second! - second! / first!) < 1e-9);
  const losses = points.map(({ smoothed }) => smoothed);
  const isDiverged = losses.map(loss => loss > 4 * Math.min(...losses));
  assert.ok(points.length === 100 || isDiverged.indexOf(true) === points.length - 1, `${points.length}`);
});

test('the smoothed loss is the mean of the losses so far, the later ones counting more', () => {
  const [a, b] = points.map(({ loss }) => loss) as [number, number];
  assert.ok(Math.abs(points[0]!.smoothed - a) < 1e-12);
  assert.ok(Math.abs(points[1]!.smoothed - (0.98 * a + b) / 1.98) < 1e-12);
});

test('the rate that is suggested teaches: it is neither among the smallest nor among the largest', () => {
  const rate = suggestRate(points);
  assert.ok(rate !== undefined && rate > 1e-4 && rate < 1, `${rate}`);
});

test('the same seed gives the same curve to the bit, another seed another one, and no tensor is left', async () => {
  const { numTensors } = tf.memory();
  assert.deepEqual(await run(), points);
  assert.notDeepEqual(await run({ seed: 2 }), points);
  assert.equal(tf.memory().numTensors, numTensors);
});

test('it stops when its signal is aborted', async () => {
  const stop = new AbortController();
  const { start, scaled } = await startHead({ train: data, val: data }, head);
  const context = { emit: () => stop.abort(), signal: stop.signal };
  await assert.rejects(testRates(start, scaled.train, { ...head, ...context }), { name: 'AbortError' });
});

/** A curve by its smoothed losses. */
const curve = (losses: readonly number[]): RatePoint[] =>
  losses.map((smoothed, i) => ({ learningRate: 10 ** (-7 + (8 * i) / 99), loss: smoothed, smoothed }));

test('a tenth of the rate of the least loss is suggested, whatever falls or rises at the ends', () => {
  const losses = Array.from({ length: 100 }, (_, i) => (i < 5 ? 2.2 - i / 10 : 1 + Math.abs(i - 60) / 50));
  losses[98] = 0;
  assert.equal(suggestRate(curve(losses)), Number((10 ** (-8 + (8 * 60) / 99)).toPrecision(2)));
});

/** Raw losses that differ by chance, around a smoothed one. */
const noisy = (fall: number): RatePoint[] => {
  const random = seededRandom(1);
  return curve(Array.from({ length: 100 }, (_, i) => 1 - (i === 30 ? fall : 0))).map(point => ({
    ...point,
    loss: point.smoothed + random(),
  }));
};

test('nothing is suggested where the loss hardly falls, or by chance', () => {
  assert.equal(suggestRate(curve(Array.from({ length: 100 }, (_, i) => 1 + i / 100))), undefined);
  assert.equal(suggestRate(noisy(0.05)), undefined);
  assert.equal(suggestRate(noisy(0.5)), Number((10 ** (-8 + (8 * 30) / 99)).toPrecision(2)));
  assert.equal(suggestRate([]), undefined);
});
