// What of train's options a training from scratch takes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../../src/options.js';
import { trainOptions } from '../../../src/pipeline/train/options.js';
import { isFromScratch, planFromScratch } from '../../../src/pipeline/train/scratch-options.js';
import { namedAugmentations } from '../../../src/training/augmentation.js';

const settle = (given: object) => resolveOptions(trainOptions, { data: 'pets', ...given });
const plan = (given: object) => planFromScratch(settle({ backbone: 'convnet', ...given }));

const asks: [given: object, isAsked: boolean][] = [
  [{}, false],
  [{ backbone: 'vgg16' }, false],
  [{ recipe: 'fine-tune' }, false],
  [{ backbone: 'convnet' }, true],
  [{ recipe: 'scratch', backbone: 'mine.keras' }, true],
];

for (const [given, isAsked] of asks) {
  test(`${JSON.stringify(given)} asks for ${isAsked ? 'random' : 'pretrained'} weights`, () => {
    assert.equal(isFromScratch(settle(given)), isAsked);
  });
}

test('where nothing is said it is the ConvNet, at the size and with the channels of the images, as Keras’ example trains it', () => {
  const { network, size, channels, resize, loop } = plan({});
  assert.deepEqual([network, size, channels, resize], [undefined, undefined, undefined, 'stretch']);
  assert.deepEqual([loop.epochs, loop.batchSize, loop.optimizer], [15, 128, 'adam']);
});

test('each step gets its own options', () => {
  const { size, channels, resize, loop, split, run } = plan({
    ...{ inputShape: [32, 48], channels: 1, resize: 'pad', epochs: 3, learningRate: 0.1, dropout: undefined },
    ...{ val: 0.3, test: 0.1, seed: 7, groupBy: '/(.)', out: 'runs/mine', force: true },
  });
  assert.deepEqual([size, channels, resize], [[32, 48], 1, 'pad']);
  assert.deepEqual([loop.epochs, loop.learningRate, loop.seed], [3, 0.1, 7]);
  const { store: _, ...divides } = split;
  assert.deepEqual(divides, { val: 0.3, test: 0.1, seed: 7, groupBy: '/(.)' });
  assert.deepEqual(run, { data: 'pets', out: 'runs/mine', force: true, inputs: { '--data': 'pets' } });
});

const changes: [given: object, augment: object][] = [
  [{}, {}],
  [{ augment: 'light' }, namedAugmentations.light],
  [{ augment: 'light', mirror: 'no' }, { crop: namedAugmentations.light.crop }],
];

for (const [given, augment] of changes) {
  test(`${JSON.stringify(given)}: an epoch sees images changed by ${Object.keys(augment).join(' and ') || 'nothing'}`, () => {
    assert.deepEqual(plan(given).views, { augment, seed: 1, ofFiles: false });
  });
}

test('another network is a file or folder, which says itself how many channels it takes', () => {
  assert.equal(plan({ recipe: 'scratch', backbone: 'mine.keras' }).network, 'mine.keras');
});

const mistakes: [given: object, message: RegExp][] = [
  [{ recipe: 'fine-tune' }, /convnet is trained from scratch.* leave out --recipe fine-tune/],
  [{ recipe: 'scratch', backbone: 'mine.keras', channels: 1 }, /--channels is for convnet: mine\.keras says/],
  [{ cut: 'conv2d' }, /--cut conv2d does nothing here: nothing is pretrained/],
  [{ taps: ['a'] }, /--taps does nothing here/],
  [{ mirror: 'no' }, /--mirror no does nothing here/],
  [{ augment: 'light', mirror: 'yes' }, /--mirror yes does nothing here/],
  [{ unfreeze: 'top' }, /--unfreeze top does nothing here/],
  [{ layerDecay: 0.8 }, /--layer-decay 0\.8 does nothing here/],
  [{ augment: 'light', views: 4 }, /--views 4 does nothing here: .* every epoch draws a new view/],
  [{ headSolver: 'adam' }, /--head-solver adam does nothing here/],
  [{ l2: 0.1 }, /--l2 0\.1 does nothing here/],
  [{ dropout: 0.5 }, /--dropout 0\.5 does nothing here/],
  [{ store: 'features' }, /--store features does nothing here/],
  [{ hidden: [8] }, /--hidden does nothing here: there is no frozen base/],
  [{ verify: true }, /--verify does nothing here: there is no frozen base/],
  [{ precision: 'int8' }, /--precision does nothing here/],
  [{ device: 'cuda' }, /--device does nothing here: there is no frozen base/],
  [{ pooling: 'max' }, /--pooling does nothing here/],
  [{ folds: 5 }, /--folds 5 .* a network from scratch is trained once/],
  [{ targetAccuracy: 0.9, val: 0 }, /--target-accuracy 0\.9 .* none are held out/],
];

for (const [given, message] of mistakes) {
  test(`${JSON.stringify(given)} is refused before any work`, () => {
    assert.throws(() => plan(given), { code: 'bad-option', message });
  });
}
