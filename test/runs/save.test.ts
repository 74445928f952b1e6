// What a run saves: one network in two forms, with a base that training has not touched.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { loadCard } from '../../src/backbones/card.js';
import { decodeImage } from '../../src/data/decode.js';
import { preprocess } from '../../src/data/preprocess.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { openSession } from '../../src/inference/session.js';
import { largestDifference, loadInTfjs, predict } from '../formats/plain-tfjs.js';
import { checkout, makeWorkplace } from '../helpers/finetune.js';

const workplace = makeWorkplace();
const run = join(workplace.dir, 'run');
const size = [64, 96] as const;

before(() => {
  for (const name of ['1', '4', '7']) {
    cpSync(join(checkout, 'datasets/digits', name), join(workplace.dir, 'data', name), { recursive: true });
  }
  const shape = size.join('x');
  const args = ['train', '--data', 'data', '--out', 'run', '--input-shape', shape];
  const { status, stderr } = workplace.run([...args, '--backbone', 'efficientnet-lite0']);
  assert.equal(status, 0, stderr);
});

async function readDigit(name: string): Promise<Float32Array> {
  const card = await loadCard(join(run, 'model'));
  const pixels = await decodeImage(join(checkout, 'datasets/digits-unseen', name), {
    size,
    channels: 3,
    resize: card.resize,
  });
  return preprocess(pixels.data, card.preprocessing);
}

test('the tfjs model loads with plain tfjs and gives the answers of model.onnx', async () => {
  const session = await openSession(join(run, 'model.onnx'));
  const model = await loadInTfjs(join(run, 'model'));
  for (const name of ['1.png', '4.png', '7.png']) {
    const input = await readDigit(name);
    const { data } = await session.run(input, [1, ...size, 3]);
    const [answers] = predict(model, [{ data: input, shape: [...size, 3] }]);
    assert.equal(data.length, 3);
    assert.ok(largestDifference(answers!, data) < 1e-4);
  }
  await session.release();
});

test('a frozen weight is unchanged to the bit', async () => {
  const backbone = await loadLayersModel(join(checkout, 'pretrained/efficientnet-lite0'));
  const trained = await loadLayersModel(join(run, 'model'));
  // All but the head, and what turns an image into its mirror.
  const frozen = [...trained.weights.values()].filter(({ name }) => !/^(predictions|mirror)/.test(name));
  assert.ok(frozen.length > 150);
  for (const { name, data } of frozen) assert.deepEqual(data, backbone.weights.get(name)?.data, name);
});
