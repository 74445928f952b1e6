import assert from 'node:assert/strict';
import test from 'node:test';
import { estimateTuning, type HeadFigures, isWorthTuning } from '../../../src/pipeline/train/next-step.js';

const flowers = { trainImages: 600, classes: 5, accuracy: 0.91, mistakes: 17 };

const cases: [title: string, figures: HeadFigures, isWorth: boolean][] = [
  ['a hundred training images a class are worth fine-tuning', flowers, true],
  ['fewer are not', { ...flowers, trainImages: 499 }, false],
  ['unless the head is weak', { ...flowers, trainImages: 100, accuracy: 0.89 }, true],
  ['a head with four mistakes cannot be beaten by more than chance', { ...flowers, mistakes: 4 }, false],
];

for (const [title, figures, isWorth] of cases) {
  test(title, () => {
    assert.equal(isWorthTuning(figures), isWorth);
  });
}

test('fine-tuning takes the views through what stays frozen, and trained images there and back through the rest', () => {
  const figures = { base: 0.02, decode: 0.005, share: 0.5, rows: 1000, steps: 600 };
  const close = (engine: 'tensorflow' | 'wasm', seconds: number) =>
    assert.ok(Math.abs(estimateTuning({ ...figures, engine }) - seconds) < 1e-9);
  close('tensorflow', 15 + 600 * 0.01 * 2.9);
  close('wasm', 15 + 600 * 0.01 * 8.6);
});
