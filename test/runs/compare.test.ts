// The two models of a run in int8, compared on validation images.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { comparePredictions, computeFloatFeatures } from '../../src/runs/compare.js';
import { silent } from '../../src/system/context.js';
import { dataInMemory, type TrainingData } from '../../src/training/data.js';
import { asTheyAre, broken, copyDigits, openBase } from '../features/sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-compare-'));
after(() => rmSync(folder, { recursive: true }));

/** Two classes, of which the features are the probabilities. */
const predict = async (data: TrainingData) => data.read([...data.labels.keys()]);

const inInt8 = dataInMemory(Float32Array.of(0.9, 0.1, 0.4, 0.6, 0.3, 0.7), Int32Array.of(0, 1, 1), [2]);

test('both models are compared by the class they give, and by how far their probabilities are apart', async () => {
  const inFloat = [Float32Array.of(0.8, 0.2), Float32Array.of(0.6, 0.4), Float32Array.of(0.3, 0.7)];
  const { images, same, largestDifference } = await comparePredictions({ predict }, inFloat, inInt8);
  assert.deepEqual([images, same], [3, 2]);
  assert.ok(Math.abs(largestDifference - 0.2) < 1e-6);
});

test('an image that was taken away meanwhile moves none of the others', async () => {
  const inFloat = [Float32Array.of(0.9, 0.1), undefined, Float32Array.of(0.3, 0.7)];
  const agreement = await comparePredictions({ predict }, inFloat, inInt8);
  assert.deepEqual(agreement, { images: 2, same: 2, largestDifference: 0 });
});

test('features in fp32 are those of the first 32 images, or of all, and nothing for one that cannot be read', async () => {
  const base = await openBase('avg');
  const images = asTheyAre(copyDigits(folder, 34));
  const [some, all] = [
    await computeFloatFeatures(base, images, { all: false, context: silent }),
    await computeFloatFeatures(base, images, { all: true, context: silent }),
  ];
  assert.deepEqual([some.length, all.length], [32, 34]);
  assert.deepEqual(some, all.slice(0, 32));
  assert.deepEqual(
    all.flatMap((row, i) => (row === undefined ? i : [])),
    [broken],
  );
});
