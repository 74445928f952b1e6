// Views of training images.
import assert from 'node:assert/strict';
import test from 'node:test';
import { changePixels } from '../../src/data/change-pixels.js';
import { namedAugmentations, validateAugmentation } from '../../src/training/augmentation.js';
import { drawEpochView, planViews } from '../../src/training/views.js';

const image = { hash: 'a1' };
const light = { augment: namedAugmentations.light, count: 8, seed: 3 };
const strong = { ...light, augment: namedAugmentations.strong };

test('Views show half of the image or more, a third wider or narrower at most, and lie inside it', () => {
  const views = planViews({ ...light, count: 200 }, image);
  for (const { part } of views) {
    const { top, left, height, width } = part!;
    assert.ok(height * width > 0.37 && height <= 1 && width <= 1, `${height} ${width}`);
    assert.ok(top >= 0 && left >= 0 && top + height <= 1 && left + width <= 1);
  }
  const mirrored = views.filter(view => view.mirrored).length;
  assert.ok(mirrored > 60 && mirrored < 140, `${mirrored}`);
});

test('An epoch sees an image in a view that follows from seed, image and epoch', () => {
  const key = (seed: number, hash: string, epoch: number) =>
    drawEpochView({ ...light, seed }, { hash }, epoch).key;
  assert.equal(key(3, 'a1', 1), key(3, 'a1', 1));
  const keys = [key(3, 'a1', 1), key(3, 'a1', 2), key(3, 'b2', 1), key(4, 'a1', 1)];
  assert.equal(new Set(keys).size, keys.length);
});

test('What the table does not name does not happen', () => {
  const { crop } = light.augment;
  const views = planViews({ ...light, augment: { crop }, count: 50 }, image);
  assert.ok(views.every(view => !view.mirrored && view.change === undefined));
  const [asItIs] = planViews({ ...light, augment: {} }, image);
  assert.deepEqual([asItIs?.key, asItIs?.part], ['original', undefined]);
});

test('Every transformation stays within its range, and happens as often as it is to', () => {
  const views = planViews({ ...strong, count: 1000 }, image);
  const rotations = views.flatMap(({ change }) => change?.rotation ?? []);
  assert.ok(rotations.length > 430 && rotations.length < 570, `${rotations.length}`);
  assert.ok(Math.min(...rotations) >= -15 && Math.min(...rotations) < -12 && Math.max(...rotations) > 12);
  const blurred = views.filter(({ change }) => change?.blur !== undefined);
  assert.ok(blurred.length > 60 && blurred.length < 140, `${blurred.length}`);
  for (const { change } of views) {
    const { top = 0, left = 0, height = 0, width = 0 } = change?.erased ?? {};
    assert.ok(top + height <= 1 && left + width <= 1 && height * width <= 0.2);
  }
});

/** To the ends of what a table may say. */
const extreme = validateAugmentation({
  ...{ crop: { area: [0.05, 1], ratio: [0.2, 5] }, rotation: { degrees: [-180, 180] } },
  ...{ shear: { degrees: [-60, 60] }, hue: { degrees: [-180, 180] }, blur: { sigma: [0.3, 20] } },
  ...{ brightness: { factor: [0, 4] }, contrast: { factor: [0, 4] }, saturation: { factor: [0, 4] } },
  erasing: { area: [0.01, 0.8], ratio: [0.2, 5] },
});

for (const [name, augment] of Object.entries({ ...namedAugmentations, extreme })) {
  test(`Whatever is drawn can be done to an image: ${name}`, async () => {
    const pixels = {
      data: Uint8Array.from({ length: 9 * 7 * 3 }, (_, i) => i),
      height: 9,
      width: 7,
    } as const;
    for (const { change = {} } of planViews({ ...light, augment, count: 50 }, image)) {
      const changed = await changePixels({ ...pixels, channels: 3 }, change);
      assert.equal(changed.data.length, pixels.data.length);
    }
  });
}

test('The same seed draws the same views, more of them begin with the fewer; every view has a name of its own', () => {
  const views = planViews(strong, image);
  assert.deepEqual(planViews({ ...strong, count: 5 }, image), views.slice(0, 5));
  assert.notDeepEqual(planViews({ ...strong, seed: 4 }, image), views);
  assert.equal(new Set(views.map(({ key }) => key)).size, 8);
});

test('Every image has views of its own, by its content', () => {
  assert.notDeepEqual(planViews(light, { hash: 'a2' }), planViews(light, image));
});
