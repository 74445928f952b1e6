// Metrics as a person reads them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderMetrics } from '../../src/report/metrics.js';
import { computeMetrics } from '../../src/training/metrics.js';

function metricsOf(answers: readonly number[], labels: readonly number[], names: readonly string[]) {
  const probabilities = answers.flatMap(answer => names.map((_, label) => (label === answer ? 1 : 0)));
  return computeMetrics(Float32Array.from(probabilities), Int32Array.from(labels), names);
}

test('A table per class and the confusion matrix', () => {
  const text = renderMetrics(metricsOf([0, 0, 1, 1], [0, 0, 0, 1], ['cat', 'dog']));
  assert.deepEqual(text.split('\n'), [
    'accuracy 75.0 %  log-loss 4.0295  images 4',
    '',
    'class            precision   recall      F1  images',
    'cat                100.0 %   66.7 %  80.0 %       3',
    'dog                 50.0 %  100.0 %  66.7 %       1',
    'mean of classes     75.0 %   83.3 %  73.3 %       4',
    '',
    'actual \\ predicted  cat  dog',
    'cat                   2    1',
    'dog                   ·    1',
  ]);
});

test('Of many classes the most confused pairs are named instead of a matrix that nobody can read', () => {
  const names = Array.from({ length: 40 }, (_, i) => `class ${i}`);
  const labels = names.flatMap((_, label) => [label, label, label]);
  const answers = labels.map((label, i) => (label === 3 ? 7 : i === 30 ? 11 : label));
  const pairs = renderMetrics(metricsOf(answers, labels, names))
    .split('\n\n')
    .at(-1)!;
  assert.deepEqual(
    pairs.split('\n').map(line => line.split(/\s{2,}/)),
    [
      ['most confused: actual', 'predicted', 'images'],
      ['class 3', 'class 7', '3'],
      ['class 10', 'class 11', '1'],
    ],
  );
});

test('Long names make a matrix too wide as well', () => {
  const names = ['a', 'b', 'c'].map(letter => letter.repeat(60));
  const text = renderMetrics(metricsOf([0, 1, 2], [0, 1, 2], names));
  assert.match(text, /No class was taken for another\.$/);
});

test('A class name cannot steer the terminal', () => {
  const text = renderMetrics(metricsOf([0, 1], [0, 1], ['cat\u001b[2J', 'dog\n']));
  assert.match(text, /cat\?\[2J/);
  assert.ok(!text.includes('\u001b'));
});
