// Views of training images.
import assert from 'node:assert/strict';
import test from 'node:test';
import { planViews } from '../../src/training/views.js';

test('Views show half of the image or more, a third wider or narrower at most, and lie inside it', () => {
  const views = planViews('light', 200, 1);
  for (const { part } of views) {
    const { top, left, height, width } = part!;
    assert.ok(height * width > 0.37 && height <= 1 && width <= 1, `${height} ${width}`);
    assert.ok(top >= 0 && left >= 0 && top + height <= 1 && left + width <= 1);
  }
  const mirrored = views.filter(view => view.mirrored).length;
  assert.ok(mirrored > 60 && mirrored < 140, `${mirrored}`);
});

test('crop mirrors nothing', () => {
  assert.ok(planViews('crop', 50, 1).every(view => !view.mirrored));
});

test('The same seed draws the same views, more of them begin with the fewer; every view has a name of its own', () => {
  const views = planViews('light', 8, 3);
  assert.deepEqual(planViews('light', 5, 3), views.slice(0, 5));
  assert.notDeepEqual(planViews('light', 8, 4), views);
  assert.equal(new Set(views.map(({ key }) => key)).size, 8);
});
