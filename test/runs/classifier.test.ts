// What answers must be made of one piece: a model and the card that lies beside it.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Card } from '../../src/backbones/card.js';
import { loadCard, saveCard } from '../../src/backbones/card.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { loadClassifier } from '../../src/runs/classifier.js';
import { checkout } from '../helpers/finetune.js';

const lite = join(checkout, 'pretrained/efficientnet-lite0');
const card = await loadCard(lite);
let run = '';

before(async () => {
  run = await mkdtemp(join(tmpdir(), 'finetune-classifier-'));
  const { classNames } = card;
  const record = { formatVersion: 1, finishedAt: '2026-01-01T00:00:00Z', classNames, split: {} };
  await writeFile(join(run, 'run.json'), JSON.stringify(record));
  await writeFile(join(run, 'model.onnx'), compileOnnx(await loadLayersModel(lite)));
});

after(() => rm(run, { recursive: true, force: true }));

async function openWith(changes: Partial<Card>) {
  await saveCard(join(run, 'model'), { ...card, ...changes });
  return loadClassifier({ model: run });
}

test('a model answers in the classes of its card', async () => {
  const classifier = await openWith({});
  const { probabilities } = await classifier.classify(join(checkout, 'datasets/digits-unseen/7.png'));
  assert.equal(probabilities.length, classifier.classNames.length);
  await classifier.close();
});

const contradictions: [changes: Partial<Card>, message: RegExp][] = [
  [
    { inputShape: [96, 128, 3] },
    /model\.onnx does not go .* input shape .* 224x224x3, that of the card 96x128x3\. Put back/,
  ],
  [
    { classNames: ['cat', 'dog'] },
    /model\.onnx does not go .* number of classes .* 1000, that of the card 2\. Put back/,
  ],
  [{ classNames: undefined }, /lacks its class names/],
];

for (const [changes, message] of contradictions) {
  const [field] = Object.keys(changes);
  test(`a card whose ${field} contradicts the model is refused: ${message.source.slice(0, 30)}`, async () => {
    await assert.rejects(openWith(changes), { code: 'bad-model', message });
  });
}

const seven = join(checkout, 'datasets/digits-unseen/7.png');

test('an image is a path, a Buffer or any bytes, and all give the same', async () => {
  const classifier = await openWith({});
  const bytes = await readFile(seven);
  const padded = new Uint8Array(bytes.length + 16);
  padded.set(bytes, 8);
  const images = [seven, bytes, padded.subarray(8, 8 + bytes.length)];
  const labels = await Promise.all(images.map(async image => (await classifier.classify(image)).confidence));
  await classifier.close();
  assert.equal(new Set(labels).size, 1);
});

test('many images come in their order, each with its classes or the reason why it has none', async () => {
  const classifier = await openWith({});
  const images = [seven, Buffer.from('no image'), 'nowhere.png', seven];
  const results: [same: boolean, isGood: boolean][] = [];
  let i = 0;
  for await (const { image, error } of classifier.classifyAll(images)) {
    results.push([image === images[i++], error === undefined]);
  }
  await classifier.close();
  assert.deepEqual(results, [
    [true, true],
    [true, false],
    [true, false],
    [true, true],
  ]);
});

test('an image that is not what it was when the folder was looked through is bad', async () => {
  const classifier = await openWith({});
  const { value } = await classifier.classifyAll([{ file: seven, hash: '00' }]).next();
  await classifier.close();
  assert.equal(value?.error, 'changed after the folder was looked through');
});

test('an abort ends the classifying of many images between two of them', async () => {
  const classifier = await openWith({});
  const stop = new AbortController();
  const results = classifier.classifyAll([seven, seven, seven], { signal: stop.signal });
  assert.equal((await results.next()).done, false);
  stop.abort();
  await assert.rejects(results.next(), { name: 'AbortError' });
  await classifier.close();
});

test('the features of an image are those of its bytes, and of a file that is opened when its turn comes', async () => {
  const classifier = await loadClassifier({ backbone: lite });
  const [fromFile, fromBytes] = [
    await classifier.features(seven),
    await classifier.features(await readFile(seven)),
  ];
  assert.deepEqual(fromFile, fromBytes);
  assert.equal(fromFile.length, 1280);
  const opened = { read: () => readFile(seven) };
  for await (const { image, error } of classifier.classifyAll([opened])) {
    assert.deepEqual([image, error], [opened, undefined]);
  }
  await classifier.close();
});

test('an unknown option is refused with the nearest one, rather than the newest run taken', async () => {
  await assert.rejects(loadClassifier({ modle: run } as never), {
    code: 'bad-option',
    message: /Unknown option "modle"\. Did you mean model\?/,
  });
});

test('one image that cannot be read rejects', async () => {
  const classifier = await openWith({});
  await assert.rejects(classifier.classify('nowhere.png'), { code: 'bad-image', message: /no such file/ });
  await assert.rejects(classifier.classify(7 as never), { code: 'bad-option', message: /Received: number/ });
  await classifier.close();
});

test('the classes come best first, as many as are asked for', async () => {
  const classifier = await loadClassifier({ model: run, top: 3 });
  const { top, label, confidence } = await classifier.classify(seven);
  await classifier.close();
  assert.equal(top.length, 3);
  assert.deepEqual(top[0], { label, confidence });
  assert.deepEqual(
    top.map(each => each.confidence).sort((a, b) => b - a),
    top.map(each => each.confidence),
  );
});

test('a model whose weights are damaged gives no prediction', async () => {
  const damaged = await loadLayersModel(lite);
  for (const { data } of damaged.weights.values()) data.fill(Number.NaN);
  await saveCard(join(run, 'model'), card);
  await writeFile(join(run, 'model.onnx'), compileOnnx(damaged));
  const classifier = await loadClassifier(run);
  await assert.rejects(classifier.classify(seven), {
    code: 'bad-model',
    message: /values that are no numbers/,
  });
  await classifier.close();
});
