// Which features a training tries, by what it was told.
import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../../src/options.js';
import { trainOptions } from '../../../src/pipeline/train/options.js';
import { planTraining } from '../../../src/pipeline/train/training-plan.js';

const plan = (given: object) => planTraining(resolveOptions(trainOptions, { data: 'pets', ...given }));

const plans: [given: object, taps: unknown, mirror: string, most: readonly number[]][] = [
  [{}, 'auto', 'auto', [2000, 400, 400]],
  [{ taps: 'auto', mirror: 'auto' }, 'auto', 'auto', [Infinity, Infinity, Infinity]],
  [{ taps: 'none', mirror: 'no' }, undefined, 'no', [Infinity, Infinity, Infinity]],
  [{ taps: ['a', 'b'], mirror: 'yes' }, ['a', 'b'], 'yes', [Infinity, Infinity, Infinity]],
  [{ pooling: 'flatten' }, undefined, 'auto', [2000, 400, 400]],
  [{ hidden: 8 }, 'auto', 'no', [2000, 400, 400]],
  [{ recipe: 'fine-tune' }, 'auto', 'auto', [2000, 2000, 400]],
];

for (const [given, taps, mirror, most] of plans) {
  test(`${JSON.stringify(given)}: taps ${taps}, mirror ${mirror}`, () => {
    const { base, features } = plan(given);
    assert.deepEqual([base.taps, features.mirror], [taps, mirror]);
    const { tried, taken } = features.mostMirrored;
    assert.deepEqual([features.mostImages, tried.images, taken.images], most);
  });
}

const refused: [given: object, message: RegExp][] = [
  [{ taps: ['auto', 'block5c_add'] }, /--taps auto,block5c_add: auto stands alone/],
  [{ taps: 'auto', pooling: 'flatten' }, /--taps auto joins averages/],
];

for (const [given, message] of refused) {
  test(`${JSON.stringify(given)} is refused before any work`, () => {
    assert.throws(() => plan(given), { code: 'bad-option', message });
  });
}
