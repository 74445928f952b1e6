// How many views and epochs fit into a time.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { originalView } from '../../../src/data/image-rules.js';
import { startEngine } from '../../../src/engines/start.js';
import { FeatureSet } from '../../../src/features/feature-set.js';
import { fitIntoTime, tuneInTime } from '../../../src/pipeline/train/tune-in-time.js';
import { silent } from '../../../src/system/context.js';
import { namedAugmentations } from '../../../src/training/augmentation.js';
import { headNetwork } from '../../../src/training/head.js';
import { planTuning } from '../../../src/training/plan.js';
import { budgetByHand } from '../../helpers/clock.js';
import { noOptions } from '../../training/loop-plans.js';

const wanted = { views: 8, epochs: 12 };
const costs = { view: 5, epoch: 10 };

const cases: [title: string, seconds: number, fitting: { views: number; epochs: number } | undefined][] = [
  ['what was wanted is kept where there is time for it', 160, wanted],
  ['with a second less, a view goes', 159, { views: 7, epochs: 12 }],
  ['when half of the views are gone, an epoch goes', 139, { views: 5, epochs: 11 }],
  ['views go with the epochs', 80, { views: 4, epochs: 6 }],
  ['a single epoch has a single view', 15, { views: 1, epochs: 1 }],
  ['where not even that fits, there is nothing', 14, undefined],
];

for (const [title, seconds, fitting] of cases) {
  test(title, () => {
    assert.deepEqual(fitIntoTime(wanted, costs, seconds), fitting);
  });
}

test('without views epochs alone are counted', () => {
  assert.deepEqual(fitIntoTime({ views: 0, epochs: 12 }, costs, 35), { views: 0, epochs: 3 });
});

const loop = planTuning(noOptions);
const plan = { unfreeze: 'top', layerDecay: 1, views: 8, augment: namedAugmentations.light, loop } as const;

test('where the images do not even get through the base, nothing is extracted, and a warning says so', async () => {
  const warnings: string[] = [];
  const { budget } = budgetByHand(100);
  const work = {
    ...{ plan, isWhole: false, start: headNetwork([2], { hidden: [], dropout: 0, classes: 2 }, []) },
    ...{ classes: 2, headSeconds: 1, countMissing: () => 800, estimateRow: () => Promise.resolve(0.2) },
    extract: () => assert.fail('Nothing is extracted.'),
  } as const;
  const emit = (event: { type: string; message?: string }) => void warnings.push(event.message ?? '');
  assert.equal(await tuneInTime(work, { ...silent, budget, emit }), undefined);
  assert.match(
    warnings.join(),
    /^There is no time to fine-tune: 95 s of --time are left, .* The head alone is kept\.$/,
  );
  assert.deepEqual(budget.report().leftOut, ['fine-tuning']);
});

before(async () => {
  await startEngine('auto');
});

const idle = { reorder: () => undefined, close: () => undefined };

for (const [epochs, told] of [
  [8, /^$/],
  [
    1e9,
    /^The whole backbone is trained, which takes about .* here: 1000000000 epochs of .*\. --time sets a limit/,
  ],
] as const) {
  test(`training a whole backbone for ${epochs} epochs is measured first, and long training is told of`, async () => {
    const weights = { kernel: new Float32Array(4), bias: new Float32Array(2) };
    const images = ['train', 'train', 'val'] as const;
    const features = new FeatureSet({
      images: images.map((subset, label) => ({
        ...{ subset, view: originalView },
        example: { path: `${label}`, file: '', label: label % 2, hash: '' },
      })),
      source: { read: rows => new Float32Array(2 * rows.length), slice: () => undefined, ...idle },
      ...{ shape: [2], bad: [], narrowRanges: new Map(), computed: 3, profile: {} },
    });
    const work = {
      ...{ plan: { ...plan, views: 0, loop: { ...loop, epochs } }, isWhole: true, classes: 2 },
      start: headNetwork([2], { hidden: [], dropout: 0, classes: 2 }, [weights]),
      extract: () => Promise.resolve(features),
      ...{ headSeconds: 1, countMissing: () => 0, estimateRow: () => Promise.resolve(0) },
    };
    const warnings: string[] = [];
    const emit = (event: { type: string; message?: string }) => void warnings.push(event.message ?? '');
    const timed = await tuneInTime(work, { ...silent, emit });
    assert.deepEqual(timed?.plan, work.plan);
    assert.match(warnings.join(), told);
  });
}
