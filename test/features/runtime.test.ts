// Where the frozen base runs, and that it makes no difference.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { Example } from '../../src/data/data-set.js';
import { readGoodImage } from '../../src/data/read-image.js';
import type { Base } from '../../src/features/base.js';
import { inFloat, resolvePrecision } from '../../src/features/precision.js';
import { type BaseResult, isBad } from '../../src/features/run-images.js';
import { FeatureStore, rowKey } from '../../src/features/store.js';
import { encodeModel } from '../../src/formats/onnx/encode.js';
import { openSession } from '../../src/inference/session.js';
import { silent } from '../../src/system/context.js';
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

test('the features of good images come in their order, and a bad one is named', async () => {
  const work = workOn();
  const results = await collect(runOnThreads(base, inFloat(''), work));
  assert.deepEqual(
    results.map(({ image }) => image),
    work.images,
  );
  for (const [i, { outcome }] of results.entries()) {
    if (i === broken) assert.match(isBad(outcome) ? outcome.reason : '', /cut short|damaged/);
    else assert.equal(outcome instanceof Float32Array && outcome.length, base.featureShape[0]);
  }
});

test('threads tell for which steps they have worked', async () => {
  const work = workOn();
  await collect(runOnThreads(base, inFloat(''), work));
  for (const step of ['start', 'read', 'decode', 'preprocess', 'base'])
    assert.ok((work.times[step] ?? 0) > 0, step);
});

test('the CPU runs the base in the precision that was asked for', async () => {
  const request = { train: examples, images: examples, countMissing: () => examples.length };
  for (const wanted of ['fp32', 'int8'] as const) {
    const { precision, run } = await chooseRuntime(base, { ...request, device: 'cpu', wanted }, silent);
    assert.equal(precision.name, wanted);
    assert.equal((await collect(run(workOn(1)))).length, 1);
  }
});

test('feature maps at a quantized cut are stored in a byte each, and nothing is lost by it', async () => {
  const flat = await openBase('flatten');
  const request = { train: examples, images: examples, countMissing: () => examples.length };
  const precision = await resolvePrecision(flat, { ...request, wanted: 'int8' }, silent);
  const [result] = await collect(runOnThreads(flat, precision, workOn(1)));
  const outcome = result?.outcome;
  assert.ok(outcome !== undefined && 'scale' in outcome);
  const session = await openSession(encodeModel(precision.compile(flat.network)));
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
