// What a thread does with a group of images.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';
import type { BadInput } from '../../src/data/read-image.js';
import type { Base } from '../../src/features/base.js';
import type { GroupResult, ThreadFailure, WorkerData, WorkerTask } from '../../src/features/worker.js';
import { compileGraph } from '../../src/formats/onnx/compile.js';
import { type TemporaryModel, writeTemporaryModel } from '../../src/inference/temporary-model.js';
import { type SharedState, shareState, tellToStop, whenIdle } from '../../src/system/thread-guard.js';
import { damageJpeg } from '../data/damage-jpeg.js';
import { quartersImage } from '../data/sample-images.js';
import { checkout } from '../helpers/finetune.js';
import { broken, copyDigits, openBase } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-worker-'));
let base: Base;
let model: TemporaryModel;
let tasks: WorkerTask[];

before(async () => {
  base = await openBase('avg');
  model = await writeTemporaryModel(compileGraph(base.network));
  tasks = copyDigits(folder, 6).map(({ file, path, hash }) => ({ source: file, path, hash }));
});
after(async () => {
  await model.remove();
  rmSync(folder, { recursive: true });
});

/** One thread of the built program, as the pool starts it. */
async function withThread<Result>(
  path: string,
  use: (
    run: (group: readonly (WorkerTask | BadInput)[]) => Promise<GroupResult | ThreadFailure>,
    state: SharedState,
  ) => Result,
  { takesPictures = true } = {},
): Promise<Awaited<Result>> {
  const state = shareState(1);
  const workerData: WorkerData = {
    ...{ model: path, threads: 1, output: undefined, rules: base.rules, state },
    ...{ looksForDamage: true, takesPictures },
  };
  const filename = pathToFileURL(join(checkout, 'dist/features/worker.js')).href;
  const thread = new Piscina({
    filename,
    minThreads: 1,
    maxThreads: 1,
    atomics: 'disabled',
    execArgv: [],
    workerData,
  });
  try {
    return await use(group => thread.run(group), state);
  } finally {
    await whenIdle(state, () => false);
    await thread.destroy();
  }
}

test('a group gives its features in the order of its images, a bad image its reason, and the time it took', async () => {
  const result = await withThread(model.path, run => run(tasks));
  assert.ok('outcomes' in result);
  const lengths = result.outcomes.map(outcome => outcome instanceof Float32Array && outcome.length);
  assert.deepEqual(
    lengths,
    tasks.map((_, i) => i !== broken && base.featureShape[0]),
  );
  assert.match(JSON.stringify(result.outcomes[broken]), /^\{"reason":".*(cut short|damaged)/);
  assert.ok((result.times.decode ?? 0) > 0);
});

test('a JPEG whose data is damaged gives its features, and what is wrong with it', async () => {
  const photo = damageJpeg(await quartersImage().resize(200).jpeg().toBuffer(), 3);
  const file = join(folder, 'damaged.jpg');
  writeFileSync(file, photo);
  const hash = createHash('sha256').update(photo).digest('hex');
  const task = { source: file, path: 'a/damaged.jpg', hash };
  const result = await withThread(model.path, run => run([task]));
  assert.ok('outcomes' in result && result.outcomes[0] instanceof Float32Array);
  assert.match(result.damage.get('a/damaged.jpg') ?? '', /^damaged/);
});

test('a picture by which copies are found comes only where it is wanted, an image that is known to be bad stays so', async () => {
  const photo = await quartersImage().resize(200).jpeg().toBuffer();
  const group = [{ reason: 'no such file' }, { source: photo, path: 'photo.jpg' }];
  const pictures = async (takesPictures: boolean) => {
    const result = await withThread(model.path, run => run(group), { takesPictures });
    assert.ok('outcomes' in result);
    assert.deepEqual(result.outcomes[0], group[0]);
    return [...result.pictures.keys()];
  };
  assert.deepEqual([await pictures(true), await pictures(false)], [[1], []]);
});

test('an image that was exchanged since the folder was looked through is a bad one', async () => {
  const [first] = tasks;
  assert.ok(first);
  const result = await withThread(model.path, run => run([{ ...first, hash: 'another' }]));
  assert.ok('outcomes' in result);
  assert.match(JSON.stringify(result.outcomes[0]), /^\{"reason":".*changed/);
});

test('a thread that is told to stop begins no image', async () => {
  const result = await withThread(model.path, async (run, state) => {
    await run(tasks.slice(0, 1));
    tellToStop(state);
    return run(tasks);
  });
  assert.ok('outcomes' in result);
  assert.deepEqual(
    result.outcomes,
    tasks.map(() => undefined),
  );
});

test('a base that cannot be opened is told with the code of its error', async () => {
  const result = await withThread(join(folder, 'no.onnx'), run => run(tasks));
  assert.ok('failure' in result);
  assert.equal(result.failure.code, 'not-found');
});
