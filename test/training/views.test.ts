// Views of training images.
import assert from 'node:assert/strict';
import test from 'node:test';
import { planViews } from '../../src/training/views.js';

const image = { hash: 'a1' };
const light = { augment: 'light', count: 8, seed: 3 } as const;

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

test('crop mirrors nothing', () => {
  assert.ok(planViews({ ...light, augment: 'crop', count: 50 }, image).every(view => !view.mirrored));
});

test('The same seed draws the same views, more of them begin with the fewer; every view has a name of its own', () => {
  const views = planViews(light, image);
  assert.deepEqual(planViews({ ...light, count: 5 }, image), views.slice(0, 5));
  assert.notDeepEqual(planViews({ ...light, seed: 4 }, image), views);
  assert.equal(new Set(views.map(({ key }) => key)).size, 8);
});

test('Every image has views of its own, by its content', () => {
  assert.notDeepEqual(planViews(light, { hash: 'a2' }), planViews(light, image));
});
