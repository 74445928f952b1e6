// predict as a program calls it.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import type { Prediction } from '../../src/pipeline/predict.js';
import { folderWith, twelveBitsInSixteen } from '../data/sample-images.js';
import { copyDigits, finetune, lite, makeFolder, seven } from '../helpers/library.js';

const dir = makeFolder('predict');
const photos = join(dir, 'photos');
let run = '';

before(async () => {
  process.chdir(dir);
  const data = copyDigits(join(dir, 'digits'), ['1', '7'], 12);
  ({ run } = await finetune.train({ data, backbone: lite, inputShape: [32, 32] }));
  mkdirSync(photos);
  for (const name of ['b.png', 'a.png', 'c.png']) cpSync(seven, join(photos, name));
  writeFileSync(join(photos, 'broken.png'), 'hello');
});

async function collect(predictions: AsyncIterable<Prediction>): Promise<Prediction[]> {
  const collected: Prediction[] = [];
  for await (const each of predictions) collected.push(each);
  return collected;
}

test('one image needs no brackets, and the newest run predicts', async () => {
  const [prediction, ...others] = await collect(finetune.predict({ images: seven }));
  assert.equal(prediction?.file, seven);
  assert.ok(prediction?.label === '1' || prediction?.label === '7');
  assert.deepEqual(others, []);
});

test('images come in natural order; a bad one has its reason and stops nothing', async () => {
  const predictions = await collect(finetune.predict({ images: photos, model: run, top: 1 }));
  assert.deepEqual(
    predictions.map(({ file, error }) => [file.slice(photos.length + 1), error === undefined]),
    [
      ['a.png', true],
      ['b.png', true],
      ['broken.png', false],
      ['c.png', true],
    ],
  );
  assert.equal(predictions[0]?.top?.length, 1);
});

test('an event tells which run predicts', async () => {
  const events: PipelineEvent[] = [];
  await collect(finetune.predict({ images: seven }, { onEvent: event => void events.push(event) }));
  assert.deepEqual(events, [{ type: 'run', run: join('runs', 'digits'), device: 'cpu', precision: 'fp32' }]);
});

test('images of 16 bits that use a small part of their range are told once, with one name', async t => {
  const folder = await folderWith(t, {
    'a.png': await twelveBitsInSixteen(),
    'b.png': await twelveBitsInSixteen(),
  });
  const events: PipelineEvent[] = [];
  await collect(
    finetune.predict({ images: [folder, seven], model: run }, { onEvent: event => void events.push(event) }),
  );
  const warnings = events.flatMap(event => (event.type === 'warning' ? event.message : []));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /: 2, e\.g\. .*a\.png, with values from 0 to 4095: read as 12 bits\./);
});

test('the model of a run means the run', async () => {
  const predictions = await collect(finetune.predict({ images: seven, model: join(run, 'model') }));
  assert.deepEqual(predictions, await collect(finetune.predict({ images: seven, model: run })));
});

test('a backbone with its ImageNet top predicts one of a thousand classes', async () => {
  const [prediction] = await collect(finetune.predict({ images: seven, backbone: lite, top: 1000 }));
  assert.equal(prediction?.top?.length, 1000);
});

test('an abort ends it between two images', async () => {
  const stop = new AbortController();
  const predictions = finetune.predict({ images: photos, model: run }, { signal: stop.signal });
  assert.equal((await predictions.next()).done, false);
  stop.abort();
  await assert.rejects(predictions.next(), { name: 'AbortError' });
});

test('whoever has seen enough leaves, and nothing is left open', async () => {
  for await (const _ of finetune.predict({ images: photos, model: run })) break;
});

const mistakes: [title: string, given: object, message: RegExp][] = [
  ['no image', { images: undefined }, /No image given/],
  ['a number of images', { images: 3 }, /--images expects image files.* Received: 3/],
  ['a misspelt option', { image: seven }, /Unknown option "image"\. Did you mean images\?/],
  ['a run and a backbone', { images: seven, model: 'a', backbone: 'b' }, /exclude each other/],
  ['a run that is not there', { images: seven, model: 'nowhere' }, /No run in nowhere/],
];

for (const [title, given, message] of mistakes) {
  test(`${title}: the first result is refused with a message`, async () => {
    const predictions = finetune.predict(given as never);
    await assert.rejects(predictions.next(), { name: 'FinetuneError', message });
  });
}
