// Training options that contradict each other, and the plans that steps get.
import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../../src/options.js';
import { withClassWeights } from '../../../src/pipeline/train/begin.js';
import { trainOptions } from '../../../src/pipeline/train/options.js';
import { planTraining } from '../../../src/pipeline/train/training-plan.js';
import { namedAugmentations } from '../../../src/training/augmentation.js';

const plan = (given: object) => planTraining(resolveOptions(trainOptions, { data: 'pets', ...given }));

test('each step gets its own options', () => {
  const { base, split, run } = plan({
    ...{ cut: 'block4_pool', val: 0.3, seed: 7, out: 'runs/mine', store: 'features' },
  });
  assert.equal(base.cut, 'block4_pool');
  assert.deepEqual(split, {
    val: 0.3,
    test: undefined,
    folds: undefined,
    seed: 7,
    groupBy: undefined,
    store: 'features',
  });
  const inputs = { '--data': 'pets', '--store': 'features' };
  assert.deepEqual(run, { data: 'pets', out: 'runs/mine', force: false, inputs });
});

const contradictions: [given: object, message: RegExp][] = [
  [{ headSolver: 'lbfgs', epochs: 3 }, /--head-solver lbfgs .* no hidden layers and no epochs/],
  [{ headSolver: 'lbfgs', hidden: 8 }, /Leave out --hidden and --epochs/],
  [{ l2: 0.1, epochs: 3 }, /--l2 belongs to --head-solver lbfgs/],
  [{ dropout: 0.5 }, /--dropout 0\.5 does nothing here/],
  [{ batchSize: 8 }, /--batch-size 8 does nothing here/],
  [{ learningRate: 0.1 }, /--learning-rate 0\.1 does nothing here/],
  [{ optimizer: 'sgd' }, /--optimizer sgd does nothing here/],
  [{ schedule: 'step' }, /--schedule step does nothing here/],
  [{ warmup: 2 }, /--warmup 2 does nothing here/],
  [{ weightDecay: 0.1 }, /--weight-decay 0\.1 does nothing here/],
  [{ clipNorm: 1 }, /--clip-norm 1 does nothing here/],
  [{ labelSmoothing: 0.1 }, /--label-smoothing 0\.1 does nothing here/],
  [{ mixup: 0.2 }, /--mixup 0\.2 does nothing here/],
  [{ focalLoss: 2 }, /--focal-loss 2 does nothing here/],
  [{ ema: 0.9 }, /--ema 0\.9 does nothing here/],
  [{ patience: 5 }, /--patience 5 does nothing here/],
  [{ targetAccuracy: 0.9 }, /--target-accuracy 0\.9 does nothing here/],
  [{ layerDecay: 0.8 }, /--layer-decay 0\.8 does nothing here/],
  [{ views: 4 }, /--views 4 does nothing here/],
  [{ augment: 'light' }, /--augment light does nothing here/],
  [{ augment: { flip: {} } }, /--augment does nothing here/],
  [{ unfreeze: '1', augment: 'strong' }, /there are no views\. Add --views, .* --unfreeze all/],
  [{ recipe: 'fine-tune', views: 4, augment: 'none' }, /--views 4 does nothing with --augment none/],
  [{ recipe: 'full', unfreeze: 'block5' }, /--unfreeze block5 contradicts --recipe full/],
  [{ recipe: 'fine-tune', mirror: 'yes' }, /--mirror yes is about a frozen backbone.* --views 2/],
  [{ recipe: 'fine-tune', val: 0 }, /none are held out.*Leave out --val 0/],
  [{ recipe: 'full', views: 4 }, /--views 4 does nothing here: .* every epoch draws a new view/],
  [{ unfreeze: 'all', views: 0 }, /--views 0 does nothing here/],
  [{ recipe: 'fine-tune', mirror: 'no', augment: { flip: {} } }, /--mirror no contradicts the flip/],
  [{ recipe: 'fine-tune', augment: { flop: {} } }, /unknown name flop\. Did you mean flip/],
  [{ unfreeze: '1', l2: 0.1, headSolver: 'adam' }, /--l2 belongs to --head-solver lbfgs/],
  [{ folds: 5, val: 0.2 }, /--folds 5 .* --val 0\.2 .* give one of them/],
  [
    { folds: 5, epochs: 3, patience: 2 },
    /--patience 2 goes by validation images.* Leave it out, or --folds 5/,
  ],
  [{ epochs: 3, patience: 2, val: 0 }, /--patience 2 goes by validation images, and none are held out/],
  [{ epochs: 3, schedule: 'plateau', val: 0 }, /--schedule plateau goes by validation images/],
  [{ epochs: 3, schedule: 'one-cycle', warmup: 1 }, /--warmup 1 does nothing with --schedule one-cycle/],
  [{ epochs: 3, targetAccuracy: 0.9, val: 0 }, /--target-accuracy 0\.9 .* Leave it out, or --val 0/],
  [{ epochs: 3, targetAccuracy: 0.9, folds: 5 }, /--target-accuracy 0\.9 .* Leave it out, or --folds 5/],
  [{ folds: 5, recipe: 'fine-tune', time: 60 }, /--folds 5 trains 6 times: give one of them/],
  [
    { folds: 5, recipe: 'fine-tune', targetAccuracy: 0.9 },
    /--target-accuracy 0\.9 goes by validation images/,
  ],
  [{ verify: true, precision: 'fp32' }, /there is no int8 model/],
];

for (const [given, message] of contradictions) {
  test(`${JSON.stringify(given)} is refused before any work`, () => {
    assert.throws(() => plan(given), { code: 'bad-option', message });
  });
}

const allowed = [
  { recipe: 'fine-tune', augment: 'none' },
  { recipe: 'fine-tune' },
  { recipe: 'fine-tune', views: 0, epochs: 3, batchSize: 4 },
  { unfreeze: 'block5', learningRate: 0.1, l2: 0.1 },
  { recipe: 'full', unfreeze: 'all', mixup: 0.2 },
  { unfreeze: 'all', augment: 'strong' },
  { unfreeze: 'all', hidden: [8], dropout: 0.2, optimizer: 'sgd' },
  { l2: 0.1 },
  { epochs: 3, dropout: 0.5 },
  { hidden: [8], batchSize: 4, mixup: 0.2 },
  { headSolver: 'adam' },
  { folds: 5, test: 0.2, headSolver: 'adam' },
  { folds: 5, recipe: 'fine-tune' },
  { folds: 5, recipe: 'full' },
];

for (const given of allowed) {
  test(`${JSON.stringify(given)} goes together`, () => {
    plan(given);
  });
}

test('the recipe fine-tune names the usual settings, and each can be overridden', () => {
  const usual = plan({ recipe: 'fine-tune' }).tuning;
  assert.deepEqual(
    [usual?.unfreeze, usual?.views, usual?.augment, usual?.loop.optimizer],
    ['top', 6, namedAugmentations.light, 'adamw'],
  );
  const given = plan({
    recipe: 'fine-tune',
    unfreeze: '2',
    views: 3,
    augment: { flip: {} },
    optimizer: 'sgd',
  }).tuning;
  assert.deepEqual(
    [given?.unfreeze, given?.views, given?.augment, given?.loop.optimizer],
    ['2', 3, { flip: { probability: 0.5 } }, 'sgd'],
  );
});

test('the recipe full trains all of the backbone, lower blocks at smaller rates, on views that are not stored', () => {
  const usual = plan({ recipe: 'full' }).tuning;
  assert.deepEqual(
    [usual?.unfreeze, usual?.layerDecay, usual?.views, usual?.augment, usual?.loop.batchSize],
    ['all', 0.85, 0, namedAugmentations.light, 16],
  );
  assert.deepEqual(plan({ unfreeze: 'all' }).tuning, usual);
  const given = plan({ recipe: 'full', layerDecay: 1, augment: 'none', epochs: 2 }).tuning;
  assert.deepEqual([given?.layerDecay, given?.augment, given?.loop.epochs], [1, {}, 2]);
});

test('with unfrozen blocks, the options of epochs are for them: the head is solved', () => {
  const { fit, tuning } = plan({ unfreeze: 'block5', epochs: 3, learningRate: 0.1 });
  assert.deepEqual([fit.epochs, fit.learningRate], [undefined, undefined]);
  assert.deepEqual([tuning?.loop.epochs, tuning?.loop.learningRate], [3, 0.1]);
});

test('what classes weigh is for the head and for the unfrozen blocks', () => {
  const { fit, tuning } = withClassWeights(plan({ unfreeze: 'block5', epochs: 3 }), [1, 2]);
  assert.deepEqual(
    [fit.classWeights, tuning?.loop.classWeights],
    [
      [1, 2],
      [1, 2],
    ],
  );
});

test('without unfrozen blocks there is nothing to tune', () => {
  assert.equal(plan({}).tuning, undefined);
});

test('with a budget of time the head is fine-tuned in what it leaves, and its own options stay as they are', () => {
  const { fit, tuning } = plan({ time: '5m' });
  assert.deepEqual(
    [tuning?.isExtra, tuning?.unfreeze, tuning?.views, fit.epochs],
    [true, 'top', 6, undefined],
  );
});

const withoutExtra = [
  { recipe: 'head' },
  { taps: 'none' },
  { mirror: 'yes' },
  { hidden: 8 },
  { folds: 5 },
  { val: 0 },
];

for (const given of withoutExtra) {
  test(`${JSON.stringify(given)} and a budget of time leave the backbone as it is`, () => {
    assert.equal(plan({ time: 300, ...given }).tuning, undefined);
  });
}
