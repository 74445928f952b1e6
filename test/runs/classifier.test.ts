// What answers must be made of one piece: a model and the card that lies beside it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  const record = { formatVersion: 1, finishedAt: '2026-01-01T00:00:00Z', classNames: ['a', 'b'], split: {} };
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
