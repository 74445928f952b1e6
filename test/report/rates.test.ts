// A test of learning rates as people read it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderRates, renderTrainCommand } from '../../src/report/rates.js';

const points = Array.from({ length: 90 }, (_, i) => {
  const smoothed = i < 80 ? 1 - i / 100 : i / 20;
  return { learningRate: 10 ** (-7 + (8 * i) / 99), loss: smoothed, smoothed };
});

test('rates stand with their losses in lines of at most 80 columns, the suggested one marked', () => {
  const text = renderRates({ points, suggested: points[60]!.learningRate, usual: 0.001 });
  const lines = text.split('\n');
  assert.ok(lines.every(line => line.length <= 80));
  assert.ok(lines.length < 24);
  assert.match(text, /^7\.1e-3 +0\.4000 +█+ suggested$/m);
  assert.match(text, /unasked,\s+train takes 0\.001/);
});

test('where nothing is suggested, the text says so', () => {
  assert.match(
    renderRates({ points, suggested: undefined, usual: 0.001 }),
    /by more than chance: nothing is suggested/,
  );
});

test('the training that comes next has the options of the test, quoted for a shell', () => {
  const typed = { data: './my pets', hidden: ['256', '64'], groupBy: '(\\d)', store: "it's" };
  assert.equal(
    renderTrainCommand(typed, 0.002),
    "finetune train './my pets' --hidden 256,64 --group-by '(\\d)' --store 'it'\\''s' --learning-rate 0.002",
  );
  assert.equal(renderTrainCommand({ data: 'pets' }, undefined), 'finetune train pets');
});
