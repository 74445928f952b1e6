// Two stages of a training compared on validation images, and what is said of both.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { originalView } from '../../../src/data/image-rules.js';
import { startEngine } from '../../../src/engines/start.js';
import type { Base } from '../../../src/features/base.js';
import { FeatureSet } from '../../../src/features/feature-set.js';
import { inFloat } from '../../../src/features/precision.js';
import { explain, explainRefusal, predictBoth, type Stage } from '../../../src/pipeline/train/stage.js';
import { namedAugmentations } from '../../../src/training/augmentation.js';
import { type Fit, toFit } from '../../../src/training/fit.js';
import { headNetwork } from '../../../src/training/head.js';
import { compareClassifiers } from '../../../src/training/significance.js';
import { openBase } from '../../features/sample-images.js';

let base: Base;

before(async () => {
  await startEngine('wasm');
  base = await openBase('avg');
});

/** Predicts the one of two classes whose feature is larger; with a factor below 0, the other one. */
function headOf(factor: number): Fit {
  const kernel = Float32Array.of(factor, 0, 0, factor);
  const head = headNetwork([2], { hidden: [], dropout: 0, classes: 2 }, [
    { kernel, bias: new Float32Array(2) },
  ]);
  const details = { l2: 0.1 };
  return toFit(head, {
    solver: 'lbfgs',
    description: 'a head',
    details,
    history: [{ epoch: 1, loss: 1, accuracy: 1, seconds: 1 }],
  });
}

/** Validation images of which the first feature is larger where the class is the first. */
function featuresOf(labels: readonly number[]): FeatureSet {
  const images = labels.map((label, i) => ({
    example: { path: `${i}`, file: `${i}`, label, hash: `${i}` },
    ...({ subset: 'val', view: originalView } as const),
  }));
  const rows = labels.map(label => (label === 0 ? [1, 0] : [0, 1]));
  const source = {
    read: (wanted: readonly number[]) => Float32Array.from(wanted.flatMap(row => rows[row] ?? [])),
    slice: (start: number, end: number) => Float32Array.from(rows.slice(start, end).flat()),
    ...{ reorder() {}, close() {} },
  };
  const known = { shape: [2], bad: [], narrowRanges: new Map(), computed: labels.length, profile: {} };
  return new FeatureSet({ images, source, ...known });
}

const labels = Array.from({ length: 20 }, (_, i) => i % 2);
const stageWith = (head: Fit, features = featuresOf(labels)): Stage => ({
  ...{ base, features, head, mirrored: false },
  runtime: { precision: inFloat(''), run: () => assert.fail('Nothing is run.') },
});

const cases: [what: string, before: number, after: number, right: readonly number[], isBetter: boolean][] = [
  ['right where the head was wrong is better', -3, 3, [0, 20], true],
  ['wrong where the head was right is not', 3, -3, [20, 0], false],
  ['as good as the head is not', 3, 3, [20, 20], false],
];

for (const [what, before, after, right, isBetter] of cases) {
  test(`a tuned network that is ${what}`, async () => {
    const compared = await predictBoth(stageWith(headOf(before)), stageWith(headOf(after)), 'val');
    const verdict = compareClassifiers(compared, 20);
    assert.deepEqual([verdict.before, verdict.after, verdict.isBetter], [...right, isBetter]);
  });
}

test('other validation images than the head’s are refused', async () => {
  const others = stageWith(headOf(1), featuresOf([...labels].reverse()));
  await assert.rejects(predictBoth(stageWith(headOf(1)), others, 'val'), {
    code: 'bad-data-set',
    message: 'Images changed while training. Train again.',
  });
});

const verdict = { images: 20, before: 15, after: 18, pValue: 0.01, isBetter: true };
const finding = { cut: 'block5_add', views: 6, augment: namedAugmentations.light, verdict };
const { verdict: _, ...how } = finding;

test('of a tuned network it is said what it gained, in words and for run.json', () => {
  const { description, details, history } = explain(headOf(1), finding);
  assert.equal(description, 'a head: 18 of 20 validation images right, 15 with the head alone');
  assert.deepEqual(details, { l2: 0.1, tuning: { ...how, kept: true, ...verdict } });
  assert.equal(history.length, 1);
});

test('where folds hold images out, both say how good they are by cross-validation', () => {
  const found = (accuracy: number) => ({ folds: 2, images: 20, accuracy, accuracies: [], loss: 1 });
  const folded = { ...finding, crossValidations: { before: found(0.75), after: found(0.9) } };
  const [tuned, head] = [explain(headOf(1), folded), explainRefusal(headOf(1), folded)];
  assert.match(tuned.description, /18 of 20 held-out images right, 15 with the head alone/);
  assert.deepEqual([tuned.crossValidation?.accuracy, head.crossValidation?.accuracy], [0.9, 0.75]);
  const { crossValidated } = tuned.details.tuning as { crossValidated: object };
  const deviation = undefined;
  assert.deepEqual(crossValidated, {
    before: { accuracy: 0.75, deviation },
    after: { accuracy: 0.9, deviation },
  });
});

test('of a head that stays it is said what was tried, and that it was no better', () => {
  const { description, details } = explainRefusal(headOf(1), finding);
  assert.equal(
    description,
    'a head. Training what lies above block5_add was no better by more than chance (18 of 20 validation images right, ' +
      '15 with the head alone): the head stays',
  );
  assert.deepEqual(details, { l2: 0.1, tuning: { ...how, kept: false, ...verdict } });
});
