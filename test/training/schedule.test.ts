// The rate over a training, by schedule.
import assert from 'node:assert/strict';
import test from 'node:test';
import { rateAt, type ScheduleName } from '../../src/training/schedule.js';

/** Rates at the end of each epoch. */
function ratesOf(
  schedule: ScheduleName,
  { epochs = 6, warmup = 0, valLosses = [] as number[] } = {},
): number[] {
  const plan = { learningRate: 1, schedule, warmup, epochs };
  return Array.from({ length: epochs }, (_, i) => {
    const history = valLosses
      .slice(0, i)
      .map((valLoss, e) => ({ epoch: e + 1, loss: 1, accuracy: 1, valLoss, seconds: 1 }));
    return Number(rateAt(plan, { epoch: i + 1, part: 1, history }).toFixed(3));
  });
}

const courses: { name: ScheduleName; options?: Parameters<typeof ratesOf>[1]; rates: number[] }[] = [
  { name: 'constant', rates: [1, 1, 1, 1, 1, 1] },
  { name: 'cosine', rates: [1, 0.933, 0.75, 0.5, 0.25, 0.067] },
  { name: 'cosine', options: { warmup: 2 }, rates: [0.5, 1, 1, 0.854, 0.5, 0.146] },
  { name: 'step', rates: [1, 1, 0.1, 0.1, 0.01, 0.01] },
  {
    name: 'one-cycle',
    options: { epochs: 10 },
    rates: [0.28, 0.76, 1, 0.95, 0.812, 0.611, 0.389, 0.188, 0.05, 0],
  },
  {
    name: 'plateau',
    options: { epochs: 8, valLosses: [1, 0.9, 0.95, 0.95, 0.95, 0.8, 0.7] },
    rates: [1, 1, 1, 1, 1, 0.2, 0.2, 0.2],
  },
];

for (const { name, options, rates } of courses) {
  test(`${name}${options?.warmup ? ' after a warm-up' : ''}: ${rates.join(', ')}`, () => {
    assert.deepEqual(ratesOf(name, options), rates);
  });
}

test('Within a warm-up the rate rises step by step', () => {
  const plan = { learningRate: 8, schedule: 'constant', warmup: 1, epochs: 2 } as const;
  const rates = [0.25, 0.5, 0.75, 1].map(part => rateAt(plan, { epoch: 1, part, history: [] }));
  assert.deepEqual(rates, [2, 4, 6, 8]);
});
