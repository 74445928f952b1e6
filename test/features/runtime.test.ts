// Where the frozen base runs, and that it makes no difference.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Example } from '../../src/data/data-set.js';
import { readGoodImage } from '../../src/data/read-image.js';
import { startEngine } from '../../src/engines/start.js';
import type { Base } from '../../src/features/base.js';
import { inFloat, resolvePrecision } from '../../src/features/precision.js';
import { type BaseResult, isBad } from '../../src/features/run-images.js';
import { runOnEngine } from '../../src/features/runtime.js';
import { FeatureStore, rowKey } from '../../src/features/store.js';
import { openSession } from '../../src/inference/session.js';
import { silent } from '../../src/system/context.js';
import { assertClose } from '../engines/compare.js';
import { checkout } from '../helpers/finetune.js';
import { asTheyAre, broken, copyDigits, openBase } from './sample-images.js';

/** As built: its threads run JavaScript. */
const { runOnThreads }: typeof import('../../src/features/pool.js') = await import(
  join(checkout, 'dist/features/pool.js')
);
const { chooseRuntime }: typeof import('../../src/features/runtime.js') = await import(
  join(checkout, 'dist/features/runtime.js')
);

const root = mkdtempSync(join(tmpdir(), 'finetune-runtime-'));
let examples: Example[];
let base: Base;

before(async () => {
  process.env.FINETUNE_CACHE = join(root, 'cache');
  await startEngine('auto');
  mkdirSync(join(root, 'digits'));
  examples = copyDigits(join(root, 'digits'), 70);
  base = await openBase('avg');
});

const workOn = (count = examples.length) => ({
  images: asTheyAre(examples.slice(0, count)),
  signal: silent.signal,
  times: {} as Record<string, number>,
});

async function collect(results: AsyncIterable<BaseResult>): Promise<BaseResult[]> {
  const list: BaseResult[] = [];
  for await (const result of results) list.push(result);
  return list;
}

const featuresOf = ({ outcome }: BaseResult) => {
  assert.ok(outcome instanceof Float32Array);
  return outcome;
};

test('an engine and ONNX Runtime give the same features, and name the same bad image', async () => {
  const { numTensors } = tf.memory();
  const work = workOn();
  const onEngine = await collect(runOnEngine(base, work));
  assert.equal(tf.memory().numTensors, numTensors);
  const onThreads = await collect(runOnThreads(base, inFloat(''), work));
  for (const results of [onEngine, onThreads]) {
    assert.deepEqual(
      results.map(({ image }) => image),
      work.images,
    );
    const outcome = results[broken]?.outcome ?? {};
    assert.match(isBad(outcome) ? outcome.reason : '', /cut short|damaged/);
  }
  for (const [i, result] of onThreads.entries()) {
    const expected = onEngine[i];
    if (i === broken || expected === undefined) continue;
    assert.equal(featuresOf(result).length, base.featureShape[0]);
    assertClose(featuresOf(expected), featuresOf(result), 1e-4, 'features');
  }
});

test('threads tell for which steps they have worked', async () => {
  const work = workOn();
  await collect(runOnThreads(base, inFloat(''), work));
  for (const step of ['start', 'read', 'decode', 'preprocess', 'base'])
    assert.ok((work.times[step] ?? 0) > 0, step);
});

test('on a GPU the base runs on the engine in float, unless int8 is asked for', async () => {
  const request = { train: examples, images: examples, countMissing: () => examples.length };
  const choose = (device: 'cuda' | 'cpu', wanted: 'auto' | 'int8') =>
    chooseRuntime(
      base,
      { name: 'tensorflow', description: '', device },
      { ...request, device: 'auto', wanted },
      silent,
    );
  const onGpu = await choose('cuda', 'auto');
  const onCpu = await choose('cpu', 'auto');
  const inInt8 = await choose('cuda', 'int8');
  assert.deepEqual([onGpu.name, onGpu.precision.name], ['tfjs', 'fp32']);
  assert.deepEqual([onCpu.name, onCpu.precision.name], ['onnxruntime', 'fp32']);
  assert.deepEqual([inInt8.name, inInt8.precision.name], ['onnxruntime', 'int8']);
  assert.notEqual(onGpu.precision.fingerprint, onCpu.precision.fingerprint);
  assert.equal((await collect(onGpu.run(workOn(1)))).length, 1);
  assert.equal((await collect(onCpu.run(workOn(1)))).length, 1);
});

test('feature maps at a quantized cut are stored in a byte each, and nothing is lost by it', async () => {
  const flat = await openBase('flatten');
  const request = { train: examples, images: examples, countMissing: () => examples.length };
  const precision = await resolvePrecision(flat, { ...request, wanted: 'int8' }, silent);
  const [result] = await collect(runOnThreads(flat, precision, workOn(1)));
  const outcome = result?.outcome;
  assert.ok(outcome !== undefined && 'scale' in outcome);
  const session = await openSession(precision.compile(flat.network));
  const { input, shape } = await readGoodImage(examples[0]?.file ?? '', flat.rules);
  const floats = (await session.run(input, shape)).data;
  await session.release();
  const store = new FeatureStore({ dir: join(root, 'store'), base: 'flat', emit: silent.emit });
  const key = rowKey('image', 'original');
  store.put(key, outcome);
  const stored = new Float32Array(floats.length);
  assert.ok(store.read(key, stored));
  store.close();
  assert.deepEqual(stored, floats);
});
