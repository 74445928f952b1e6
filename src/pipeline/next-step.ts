// What is worth trying after a head was trained alone.

import type { DataSet } from '../data/data-set.js';
import { averageViews } from '../training/data.js';
import { predictLabels } from '../training/metrics.js';
import type { Stage } from './stage.js';

/** A head is weak below this accuracy. */
const weakAccuracy = 0.9;

/** Training images of a class, on average, that are enough to train more than a head on. */
const enoughImages = 100;

/** With fewer mistakes on validation images, nothing is better by more than chance: all of five of them have to go. */
const fewestMistakes = 5;

/** What a head does. */
export interface HeadFigures {
  readonly trainImages: number;
  readonly classes: number;
  /** Cross-validated where that is known, which is less a matter of chance; else on validation images. */
  readonly accuracy: number;
  /** Validation images that are taken for something else. */
  readonly mistakes: number;
}

/**
 * Whether training more than the head is likely to be worth its time: with many images, or where the head is weak, and
 * where there is something to gain that validation images can show.
 */
export function isWorthTuning({ trainImages, classes, accuracy, mistakes }: HeadFigures): boolean {
  return mistakes >= fewestMistakes && (accuracy < weakAccuracy || trainImages >= enoughImages * classes);
}

/** The same of a stage that is not measured yet. Needs a started engine. */
export async function mayHelp(
  { head, features }: Stage,
  { classNames }: Pick<DataSet, 'classNames'>,
): Promise<boolean> {
  const val = features.subset('val');
  const { probabilities, labels } = averageViews(await head.predict(val), val);
  const predicted = predictLabels(probabilities, labels.length);
  const mistakes = labels.filter((label, image) => predicted[image] !== label).length;
  const train = features.subset('train');
  return isWorthTuning({
    ...{ trainImages: (train.views ?? train.labels).length, classes: classNames.length, mistakes },
    accuracy: head.crossValidation?.accuracy ?? 1 - mistakes / labels.length,
  });
}
