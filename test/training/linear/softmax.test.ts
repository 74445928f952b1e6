// What classes weigh in the problem that a linear head solves, and in the choice of its L2.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { startEngine } from '../../../src/engines/start.js';
import { silent } from '../../../src/system/context.js';
import { oneFold } from '../../../src/training/folds.js';
import { type FeatureSpace, openFeatureSpace } from '../../../src/training/linear/feature-space.js';
import { chooseL2 } from '../../../src/training/linear/l2.js';
import { type SoftmaxProblem, solveSoftmax } from '../../../src/training/linear/softmax.js';
import { weighClasses } from '../../../src/training/loss.js';
import { drawClusters } from '../clusters.js';

const size = 6;
const { features, labels } = drawClusters({ perClass: 20, classes: 3, size, spread: 2 });
const spaces: FeatureSpace[] = [];
let twice: Omit<SoftmaxProblem, 'folds'>;
let weighed: Omit<SoftmaxProblem, 'folds'>;

/** The rows are images of their own, but for copies. */
function pose(rows: readonly number[]): Omit<SoftmaxProblem, 'folds'> {
  const chosen = Float32Array.from(rows.flatMap(row => features[row] ?? []));
  const space = openFeatureSpace(chosen, {
    mean: new Float64Array(size),
    factor: new Float64Array(size).fill(1),
  });
  spaces.push(space);
  const own = Int32Array.from(rows, row => labels[row] ?? 0);
  return { space, labels: own, classes: 3, splitKeys: rows, pause: () => Promise.resolve() };
}

before(async () => {
  await startEngine('auto');
  const rows = [...features.keys()];
  twice = pose([...rows, ...rows.filter(row => labels[row] === 0)]);
  const once = pose(rows);
  const byClass = weighClasses([2, 1, 1], once.labels, 3);
  weighed = { ...once, weights: Float64Array.from(once.labels, label => byClass[label] ?? 0) };
});

after(() => {
  for (const space of spaces) space.dispose();
});

test('a class that weighs 2 counts as much as its images given twice', async () => {
  const [one, other] = await Promise.all(
    [twice, weighed].map(each =>
      solveSoftmax({ ...each, folds: oneFold(each.labels.length) }, { l2: 0.1, gap: 1e-9 }),
    ),
  );
  assert.ok(one && other);
  for (const [i, value] of one.coordinates.entries()) {
    assert.ok(Math.abs(value - (other.coordinates[i] ?? Number.NaN)) < 1e-4, `${i}`);
  }
});

test('and so it does where the L2 is chosen', async () => {
  const search = { seed: 1, l2: 0.15, emit: silent.emit };
  const lossOf = async (each: Omit<SoftmaxProblem, 'folds'>) =>
    (await chooseL2(each, search)).candidates[0]?.loss ?? Number.NaN;
  const [one, other, plain] = [
    await lossOf(twice),
    await lossOf(weighed),
    await lossOf({ ...weighed, weights: undefined }),
  ];
  assert.ok(Math.abs(one - other) < 1e-4 && Math.abs(one - plain) > 1e-2, `${one} ${other} ${plain}`);
});
