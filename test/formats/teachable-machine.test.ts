// Teachable Machine's two exports: what pixels they take, how photos are cut, what their classes are called.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { planCard } from '../../src/backbones/plan-card.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { openModel } from '../../src/formats/open.js';
import { saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { openSession } from '../../src/inference/session.js';
import { readNetwork, withClosing } from '../../src/network/source.js';
import { largestDifference } from './plain-tfjs.js';

const exported = 'test/fixtures/cases/teachable-machine';

function copyOf(): string {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
  cpSync(exported, dir, { recursive: true });
  return dir;
}

/** The card of a model that was found at a path. */
async function cardOf(path: string) {
  return await withClosing(
    await openModel(path),
    model => planCard(model, { name: 'tm', origin: 'tm', files: model.facts }).card,
  );
}

test('the Keras export: pixels to -1..1, a centred square, its own class names', async () => {
  const card = await cardOf(join(exported, 'keras_model.h5'));
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
  assert.deepEqual(card.resize, { method: 'crop', interpolation: 'linear', cropFraction: 1 });
  assert.deepEqual(card.classNames, ['daisy', 'dandelion', 'common rose']);
});

test('the Keras export under another name is known by its layers', async () => {
  const dir = copyOf();
  cpSync(join(dir, 'keras_model.h5'), join(dir, 'flowers.h5'));
  assert.equal((await cardOf(join(dir, 'flowers.h5'))).resize.method, 'crop');
});

test("without its labels it is a network of one's own, and its layers still tell the pixels", async () => {
  const dir = copyOf();
  rmSync(join(dir, 'labels.txt'));
  const card = await cardOf(join(dir, 'keras_model.h5'));
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
  assert.equal(card.classNames, undefined);
});

test('the Keras export computes what Keras computes', async () => {
  const network = await withClosing(await openModel(join(exported, 'keras_model.h5')), readNetwork);
  const session = await openSession(compileOnnx(network));
  const input = Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => ((7 * i) % 256) / 127.5 - 1);
  const { data } = await session.run(input, [1, 32, 32, 3]);
  const expected: number[] = JSON.parse(readFileSync(join(exported, 'expected.json'), 'utf8'));
  assert.ok(largestDifference(data, expected) < 1e-5);
  await session.release();
});

test('the tfjs export: the same, its classes from metadata.json', async () => {
  const dir = copyOf();
  await withClosing(await openModel(join(dir, 'keras_model.h5')), model =>
    saveLayersModel(dir, readNetwork(model)),
  );
  rmSync(join(dir, 'labels.txt'));
  writeFileSync(join(dir, 'metadata.json'), JSON.stringify({ tmVersion: '2.4.5', labels: ['a', 'b', 'c'] }));
  const card = await cardOf(dir);
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
  assert.equal(card.resize.method, 'crop');
  assert.deepEqual(card.classNames, ['a', 'b', 'c']);
});
