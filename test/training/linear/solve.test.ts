// A linear head is the one optimum of a convex problem, however few or odd the images are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../../src/engines/start.js';
import type { PipelineEvent } from '../../../src/events.js';
import { silent } from '../../../src/system/context.js';
import { dataInMemory } from '../../../src/training/data.js';
import { fit as fitData } from '../../../src/training/fit.js';
import type { LinearHead } from '../../../src/training/linear/solve.js';
import type { SolvedPlan } from '../../../src/training/plan.js';
import { drawClusters } from '../clusters.js';

interface Golden {
  readonly name: string;
  readonly l2: number;
  readonly classes: number;
  readonly features: number[][];
  readonly labels: number[];
  readonly probabilities: number[][];
}

const goldens: Golden[] = JSON.parse(readFileSync('test/fixtures/training/linear-head.json', 'utf8'));

before(async () => {
  await startEngine('auto');
});

/** Fits and predicts the training images. */
async function fit(
  features: number[][],
  labels: number[],
  given: Partial<SolvedPlan> = {},
  emit = silent.emit,
) {
  const classes = Math.max(...labels) + 1;
  const size = features[0]!.length;
  const train = dataInMemory(Float32Array.from(features.flat()), Int32Array.from(labels), [size]);
  const plan = { solver: 'lbfgs', classes, seed: 1, ...given } as const;
  const { trainable, predict, details } = await fitData({ train, val: train }, plan, { ...silent, emit });
  const { l2, candidates } = details as unknown as LinearHead;
  const [kernel, bias] = [...trainable.weights.values()].map(({ data }) => data) as [
    Float32Array,
    Float32Array,
  ];
  return { l2, candidates, kernel, bias, probabilities: [...(await predict(train))] };
}

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  assert.ok(worst <= tolerance, `differs by ${worst}`);
}

for (const { name, l2, classes, features, labels, probabilities } of goldens) {
  test(`The optimum is scikit-learn's: ${name}`, async () => {
    const head = await fit(features, labels, { l2, classes });
    assertClose(head.probabilities, probabilities.flat(), 2e-4);
    assert.deepEqual([head.l2, head.candidates], [l2, []]);
  });
}

test('Every image given twice is the same problem', async () => {
  const { features, labels, l2 } = goldens[1]!;
  const once = await fit(features, labels, { l2 });
  const twice = await fit([...features, ...features], [...labels, ...labels], { l2 });
  assertClose(twice.probabilities.slice(0, once.probabilities.length), once.probabilities, 2e-4);
});

test('The images of a class that weighs more are found more often', async () => {
  const { features, labels } = drawClusters({ perClass: 40, classes: 2, size: 8, spread: 4 });
  const recallOfFirst = async (classWeights?: number[]) => {
    const { probabilities } = await fit(features, labels, { l2: 0.1, classWeights });
    return labels.filter((label, i) => label === 0 && probabilities[2 * i]! > 0.5).length / 40;
  };
  const [weighed, plain, outweighed] = [
    await recallOfFirst([3, 1]),
    await recallOfFirst(),
    await recallOfFirst([1, 3]),
  ];
  assert.ok(weighed > plain && plain > outweighed, `${weighed} ${plain} ${outweighed}`);
});

test('Images in another order give the same head', async () => {
  const { features, labels, l2 } = goldens[0]!;
  const there = await fit(features, labels, { l2 });
  const back = await fit(features.toReversed(), labels.toReversed(), { l2 });
  assertClose([...back.kernel], [...there.kernel], 1e-3);
});

test('The saved weights take raw features: shifting a feature moves the bias alone', async () => {
  const { features, labels, l2 } = goldens[0]!;
  const raw = await fit(features, labels, { l2 });
  const shifted = await fit(
    features.map(row => row.map(value => value + 100)),
    labels,
    { l2 },
  );
  assertClose([...shifted.kernel], [...raw.kernel], 1e-3);
  assertClose(shifted.probabilities, raw.probabilities, 1e-3);
});

test('A larger penalty makes more careful predictions', async () => {
  const { features, labels } = goldens[0]!;
  const sureness = async (l2: number) => Math.max(...(await fit(features, labels, { l2 })).probabilities);
  const [faint, middle, strong] = [await sureness(1e-4), await sureness(0.1), await sureness(100)];
  assert.ok(faint > middle && middle > strong && strong < 0.36, `${faint} ${middle} ${strong}`);
});

test('Without a penalty the fit still ends, and is right on images that can be told apart', async () => {
  const { features, labels } = drawClusters({ perClass: 5, classes: 3, size: 8, spread: 0.1 });
  const head = await fit(features, labels, { l2: 0 });
  labels.forEach((label, i) => {
    assert.ok(head.probabilities[i * 3 + label]! > 0.99);
  });
});

test('L2 is chosen by cross-validation: little noise asks for less of it than much', async () => {
  const chosen = async (spread: number) => {
    const { features, labels } = drawClusters({ perClass: 20, classes: 3, size: 30, spread });
    return fit(features, labels);
  };
  const [clear, noisy] = [await chosen(0.3), await chosen(3)];
  assert.ok(clear.l2 < noisy.l2, `${clear.l2} ${noisy.l2}`);
  for (const { l2, candidates } of [clear, noisy]) {
    assert.ok(candidates.some(each => each.l2 === l2));
    assert.deepEqual(
      candidates,
      candidates.toSorted((a, b) => b.l2 - a.l2),
    );
  }
});

test('Smaller ones are tried until the loss rises, and no further', async () => {
  const { features, labels } = drawClusters({ perClass: 20, classes: 3, size: 30, spread: 1.5 });
  const losses = (await fit(features, labels)).candidates.map(({ loss }) => loss);
  const least = losses.indexOf(Math.min(...losses));
  assert.ok(least > 0 && least < losses.length - 1, losses.join(' '));
  assert.ok(losses.at(-1)! > losses[least]! + 1e-3);
  for (const loss of losses.slice(least, -1)) assert.ok(loss <= losses[least]! + 1e-3, losses.join(' '));
});

test('Features that say nothing about the class get a penalty beyond the grid, and predictions near the class frequencies', async () => {
  const { features } = drawClusters({ perClass: 30, classes: 2, size: 40, spread: 1 });
  const labels = features.map((_, i) => Number((i * 7919) % 10 < 3));
  const head = await fit(features, labels);
  assert.ok(head.l2 > 0.1 && head.candidates.length > 6);
  const share = labels.filter(label => label === 1).length / labels.length;
  for (let i = 0; i < labels.length; i++) assert.ok(Math.abs(head.probabilities[i * 2 + 1]! - share) < 0.1);
});

/** Features of images, by rows. */
const smallSets: [name: string, features: string, labels: number[]][] = [
  ['two images', '1 2 3, 3 2 1', [0, 1]],
  ['one image a class', '1 0 0 5, 0 1 0 5, 0 0 1 5', [0, 1, 2]],
  ['two images a class', '0 1, 0 2, 5 1, 5 2', [0, 0, 1, 1]],
  ['one image in one of the classes', '0 1, 0 2, 0 3, 9 1', [0, 0, 0, 1]],
];

for (const [name, rows, labels] of smallSets) {
  test(`A set of ${name} is learnt`, async () => {
    const features = rows.split(', ').map(row => row.split(' ').map(Number));
    const head = await fit(features, labels);
    const classes = Math.max(...labels) + 1;
    labels.forEach((label, i) => {
      const row = head.probabilities.slice(i * classes, (i + 1) * classes);
      assert.equal(row.indexOf(Math.max(...row)), label);
    });
  });
}

test('Features that never vary give the class frequencies', async () => {
  const labels = [0, 0, 0, 1];
  const head = await fit(
    labels.map(() => [7, 7, 7]),
    labels,
  );
  assertClose(head.probabilities.slice(0, 2), [0.75, 0.25], 1e-3);
});

test('The same seed gives the same weights to the bit', async () => {
  const { features, labels } = drawClusters({ perClass: 10, classes: 4, size: 60, spread: 1 });
  const [first, second] = [await fit(features, labels), await fit(features, labels)];
  assert.deepEqual(first.kernel, second.kernel);
  assert.deepEqual(first.bias, second.bias);
  assert.deepEqual(first.candidates, second.candidates);
});

test('A feature that is no number is refused', async () => {
  await assert.rejects(
    fit(
      [
        [1, Number.NaN],
        [2, 1],
      ],
      [0, 1],
    ),
    { code: 'bad-weights', message: /no finite numbers/ },
  );
});

test('Progress reaches its total, and no tensor is left', async () => {
  const events: PipelineEvent[] = [];
  const { features, labels } = drawClusters({ perClass: 6, classes: 2, size: 9, spread: 1 });
  const { numTensors } = tf.memory();
  await fit(features, labels, {}, event => events.push(event));
  const last = events.at(-1);
  assert.ok(last?.type === 'head' && last.done === last.total && last.total > 1);
  assert.equal(tf.memory().numTensors, numTensors);
});

test('A fit stops when its signal is aborted, and leaves no tensor behind', async () => {
  const { features, labels } = drawClusters({ perClass: 6, classes: 2, size: 9, spread: 1 });
  const train = dataInMemory(Float32Array.from(features.flat()), Int32Array.from(labels), [9]);
  const stop = new AbortController();
  const context = { emit: () => stop.abort(), signal: stop.signal };
  const { numTensors } = tf.memory();
  const plan = { solver: 'lbfgs', classes: 2, seed: 1 } as const;
  await assert.rejects(fitData({ train, val: train }, plan, context), { name: 'AbortError' });
  assert.equal(tf.memory().numTensors, numTensors);
});
