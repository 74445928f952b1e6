// Where the frozen base runs, and that it makes no difference.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Example } from '../../src/data/data-set.js';
import { readGoodImage } from '../../src/data/read-image.js';
import { startEngine } from '../../src/engines/start.js';
import { type Base, loadBase } from '../../src/features/base.js';
import type { BaseAnswer } from '../../src/features/base-answer.js';
import { runOnEngine } from '../../src/features/base-on-engine.js';
import { chooseRuntime } from '../../src/features/base-runtime.js';
import { inFloat, resolvePrecision } from '../../src/features/precision.js';
import { decodeFeatures, encodeFeatures } from '../../src/features/store/record.js';
import { openSession } from '../../src/inference/session.js';
import { silent } from '../../src/system/context.js';
import { assertClose } from '../engines/compare.js';
import { checkout } from '../helpers/finetune.js';

/** As built: its threads run JavaScript. */
const { runOnProcessors }: typeof import('../../src/features/base-on-processors.js') = await import(
  join(checkout, 'dist/features/base-on-processors.js')
);

const root = mkdtempSync(join(tmpdir(), 'finetune-runtime-'));
const images: Example[] = Array.from({ length: 70 }, (_, i) => ({
  path: `${i}.png`,
  file: join(root, `${i}.png`),
  label: 0,
  hash: String(i).padStart(2, '0'),
}));
const broken = 3;
let base: Base;

before(async () => {
  process.env.FINETUNE_CACHE = join(root, 'cache');
  await startEngine('auto');
  for (const { path, file } of images) {
    const digit = join(checkout, 'datasets/digits-unseen', `${Number.parseInt(path, 10) % 10}.png`);
    cpSync(digit, file);
  }
  truncateSync(join(root, `${broken}.png`), 200);
  base = await open('avg');
});

const open = (pooling: 'avg' | 'max' | 'flatten') =>
  loadBase({
    backbone: join(checkout, 'pretrained/efficientnet-lite0'),
    inputShape: [64, 64],
    cut: 'block4a_project_bn',
    resize: undefined,
    pooling,
  });

async function listAnswers(answers: AsyncIterable<BaseAnswer>): Promise<BaseAnswer[]> {
  const list: BaseAnswer[] = [];
  for await (const answer of answers) list.push(answer);
  return list;
}

const featuresOf = ({ outcome }: BaseAnswer) => (outcome instanceof Float32Array ? outcome : undefined);

test('an engine and ONNX Runtime give the same features, and name the same bad image', async () => {
  const { numTensors } = tf.memory();
  const onEngine = await listAnswers(runOnEngine(base, images));
  assert.equal(tf.memory().numTensors, numTensors);
  const onProcessors = await listAnswers(runOnProcessors(base, inFloat('', []), images));
  for (const [i, answer] of onEngine.entries()) {
    assert.equal(answer.image, images[i]);
    assert.equal(onProcessors[i]!.image, images[i]);
    const [features, expected] = [featuresOf(answer), featuresOf(onProcessors[i]!)];
    if (i === broken) assert.deepEqual([features, expected], [undefined, undefined]);
    else assertClose(features!, expected!, 1e-4, 'features');
  }
  for (const answers of [onEngine, onProcessors]) {
    assert.match((answers[broken]!.outcome as { reason: string }).reason, /cut short|damaged/);
  }
});

test('an answer tells the seconds of its steps', async () => {
  for (const answers of [
    runOnEngine(base, images.slice(0, 2)),
    runOnProcessors(base, inFloat('', []), images.slice(0, 2)),
  ]) {
    for (const { seconds } of await listAnswers(answers)) {
      for (const step of ['read', 'decode', 'preprocess', 'base']) assert.ok(seconds[step]! > 0, step);
    }
  }
});

test('on a GPU the base runs on the engine in float, unless bytes are asked for', async () => {
  const request = { root, train: images, images, countMissing: () => images.length };
  const engine = { name: 'tensorflow', description: '' } as const;
  const onGpu = await chooseRuntime(
    base,
    { ...engine, device: 'cuda' },
    { ...request, wanted: 'auto' },
    silent,
  );
  const onCpu = await chooseRuntime(
    base,
    { ...engine, device: 'cpu' },
    { ...request, wanted: 'auto' },
    silent,
  );
  const inBytes = await chooseRuntime(
    base,
    { ...engine, device: 'cuda' },
    { ...request, wanted: 'int8' },
    silent,
  );
  assert.deepEqual([onGpu.name, onGpu.precision.name], ['tfjs', 'fp32']);
  assert.deepEqual([onCpu.name, onCpu.precision.name], ['onnxruntime', 'fp32']);
  assert.deepEqual([inBytes.name, inBytes.precision.name], ['onnxruntime', 'int8']);
  assert.notEqual(onGpu.precision.fingerprint, onCpu.precision.fingerprint);
  assert.equal((await listAnswers(onGpu.run(images.slice(0, 1)))).length, 1);
});

test('feature maps at a quantised cut are stored as bytes: exact, and a quarter of the size', async () => {
  const flat = await open('flatten');
  const precision = await resolvePrecision(
    flat,
    { wanted: 'int8', train: images, images, countMissing: () => images.length },
    silent,
  );
  const { outcome } = (await listAnswers(runOnProcessors(flat, precision, images.slice(0, 1))))[0]!;
  assert.ok(!(outcome instanceof Float32Array) && 'scale' in outcome);
  const session = await openSession(precision.compile(flat.network));
  const { input, shape } = await readGoodImage(images[0]!.file, flat.rules);
  const floats = (await session.run(input, shape)).data;
  await session.release();
  const [record, floatRecord] = [outcome, floats].map(encodeFeatures);
  assert.deepEqual(decodeFeatures(record!), floats);
  assert.ok(record!.length < floatRecord!.length / 3.9);
});
