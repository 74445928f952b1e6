// From images to what a network makes of them, with one rule for bad images.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Example } from '../../src/data/data-set.js';
import { mirroredView } from '../../src/data/image-rules.js';
import { FinetuneError } from '../../src/errors.js';
import type { Base } from '../../src/features/base.js';
import { ImageRunner, isBad, type NumbersResult, predictImages } from '../../src/features/run-images.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { openSession, type Session } from '../../src/inference/session.js';
import { silent } from '../../src/system/context.js';
import { broken, copyDigits, openBase } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-images-'));
let examples: Example[];
let base: Base;
let session: Session;

before(async () => {
  examples = copyDigits(folder, 70);
  base = await openBase('avg');
  session = await openSession(compileOnnx(base.network));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await session.release();
});

const options = () => ({
  rules: base.rules,
  open: ({ file }: Example) => file,
  signal: silent.signal,
});

async function collect<Image>(results: AsyncIterable<NumbersResult<Image>>): Promise<NumbersResult<Image>[]> {
  const list: NumbersResult<Image>[] = [];
  for await (const result of results) list.push(result);
  return list;
}

const reasonOf = (result: NumbersResult<Example> | undefined) =>
  result !== undefined && isBad(result.outcome) ? result.outcome.reason : undefined;

test('results come in the order of the images, a bad one with its reason', async () => {
  const results = await collect(predictImages(session, examples, options()));
  assert.deepEqual(
    results.map(({ image }) => image),
    examples,
  );
  assert.match(reasonOf(results[broken]) ?? '', /cut short|damaged/);
  assert.equal(results.filter(result => reasonOf(result) !== undefined).length, 1);
});

test('an image is a path or its bytes, and what opens it may fail as the image does', async () => {
  const open = ({ file, path }: Example) => {
    if (path === '1.png') throw new FinetuneError('bad-image', 'no such file');
    return path === '2.png' ? readFileSync(file) : Promise.resolve(file);
  };
  const [zero, one, two] = await collect(
    predictImages(session, examples.slice(0, 3), { ...options(), open }),
  );
  assert.equal(reasonOf(one), 'no such file');
  const lengths = [zero, two].map(each => each?.outcome instanceof Float32Array && each.outcome.length);
  assert.deepEqual(lengths, [base.featureShape[0], base.featureShape[0]]);
});

test('an image can be looked at in another way', async () => {
  const runner = new ImageRunner(session, base.rules);
  const [plain, mirrored] = [
    await runner.run(examples[2]?.file ?? ''),
    await runner.run(examples[2]?.file ?? '', { view: mirroredView }),
  ];
  assert.ok('data' in plain && 'data' in mirrored);
  assert.notDeepEqual(plain.data, mirrored.data);
  const optionsOf = () => ({ view: mirroredView });
  const [result] = await collect(predictImages(session, examples.slice(2, 3), { ...options(), optionsOf }));
  assert.deepEqual(result?.outcome, mirrored.data);
});

test('a network that fails is no bad image: its error is thrown', async () => {
  const run = () => Promise.reject(new FinetuneError('bad-model', 'it cannot be run'));
  await assert.rejects(collect(predictImages({ run }, examples, options())), { code: 'bad-model' });
  const open = () => {
    throw new Error('a bug');
  };
  await assert.rejects(collect(predictImages(session, examples, { ...options(), open })), /a bug/);
});

test('a signal that is aborted ends the work between two images', async () => {
  const stop = new AbortController();
  const results = predictImages(session, examples, { ...options(), signal: stop.signal });
  assert.equal((await results.next()).done, false);
  stop.abort(new Error('enough'));
  await assert.rejects(results.next(), /enough/);
});
