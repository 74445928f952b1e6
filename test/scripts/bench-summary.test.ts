import assert from 'node:assert/strict';
import test from 'node:test';
import { medianOf, renderTables, summarize } from '../../scripts/bench/summary.js';

const rounds = (...figures: number[]) =>
  figures.map(figure => ({ seconds: figure, imagesPerSecond: figure, peakMegabytes: 100, details: {} }));

const contenders = [
  { name: 'finetune, int8', rounds: rounds(24, 30, 20) },
  { name: 'finetune, fp32', rounds: rounds(6, 6) },
  { name: 'Keras', rounds: rounds(4, 8) },
  { name: 'PyTorch', rounds: [], failure: 'not installed' },
];

test('the median is the middle value, or the mean of the two in the middle', () => {
  for (const [values, median] of [
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[], undefined],
  ] as const) {
    assert.equal(medianOf(values), median);
  }
});

test('more images per second and fewer seconds are both a ratio above 1', () => {
  const speed = summarize({ job: { title: '', figure: 'imagesPerSecond' }, contenders });
  assert.deepEqual(speed[2]!.ratios, { 'finetune, int8': 4, 'finetune, fp32': 1 });
  const time = summarize({ job: { title: '', figure: 'seconds' }, contenders });
  assert.deepEqual(time[2]!.ratios, { 'finetune, int8': 0.25, 'finetune, fp32': 1 });
});

test('who failed is in the table, as failed', () => {
  const table = renderTables([{ job: { title: 'VGG16', figure: 'imagesPerSecond' }, contenders }]);
  const lines = table.split('\n');
  assert.deepEqual(
    [0, 2, 6].map(line => lines[line]),
    [
      'VGG16',
      '|  | images/s, median (range) | finetune, int8 against it | finetune, fp32 against it | peak MB | val accuracy |',
      '| Keras | 6.00 (4.00 to 8.00) | 4.00x | 1.00x | 100 |  |',
    ],
  );
  assert.match(table, /\| PyTorch \| failed \|/);
});
