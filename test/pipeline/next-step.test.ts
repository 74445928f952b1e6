import assert from 'node:assert/strict';
import test from 'node:test';
import { type HeadFigures, isWorthTuning } from '../../src/pipeline/next-step.js';

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
