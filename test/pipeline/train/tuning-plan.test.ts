// How to fine-tune, and in which views.
import assert from 'node:assert/strict';
import test from 'node:test';
import { originalView } from '../../../src/data/image-rules.js';
import {
  planUsualTuning,
  topSettings,
  viewsOf,
  withoutMirrors,
} from '../../../src/pipeline/train/tuning-plan.js';
import { namedAugmentations } from '../../../src/training/augmentation.js';
import { noOptions } from '../../training/loop-plans.js';

const usual = planUsualTuning({ ...noOptions, seed: 7 });
const example = { path: 'cat/1.jpg', file: 'cat/1.jpg', label: 0, hash: 'ab' };

test('where nothing is said, the topmost blocks are trained on lightly changed views, and the seed is that of the training', () => {
  const { loop, ...plan } = usual;
  assert.deepEqual(plan, {
    ...{ unfreeze: 'top', layerDecay: 1, views: topSettings.views, augment: namedAugmentations.light },
  });
  assert.deepEqual([loop.seed, loop.optimizer], [7, 'adamw']);
});

test('an image is seen as it is, then in changed views, which are others for another image or seed', () => {
  const [first, ...changed] = viewsOf(usual)(example);
  assert.equal(first, originalView);
  assert.equal(changed.length, topSettings.views);
  const keysOf = (plan = usual, hash = 'ab') => viewsOf(plan)({ ...example, hash }).map(({ key }) => key);
  assert.deepEqual(keysOf(), keysOf());
  assert.notDeepEqual(keysOf(), keysOf(usual, 'cd'));
  assert.notDeepEqual(keysOf(), keysOf({ ...usual, loop: { ...usual.loop, seed: 8 } }));
  assert.deepEqual(viewsOf({ ...usual, views: 0 })(example), [originalView]);
});

test('where left and right matter no view is mirrored, unless a table of the user’s own says so', () => {
  const { crop } = namedAugmentations.light;
  assert.deepEqual(withoutMirrors(usual), { ...usual, augment: { crop } });
  const told = { ...usual, mirrorsAsTold: true };
  assert.equal(withoutMirrors(told), told);
});
