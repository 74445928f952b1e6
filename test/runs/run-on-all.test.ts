// A classifier's network on many images: whoever runs it, threads or this one, gives the same.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { planConvnet } from '../../src/backbones/architectures/convnet.js';
import { saveCard } from '../../src/backbones/card.js';
import { nodeFor, type OnnxGraph } from '../../src/formats/onnx/graph.js';
import { saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { openTemporarySession, writeTemporaryModel } from '../../src/inference/temporary-model.js';
import { loadClassifier } from '../../src/runs/classifier.js';
import type { OpenModel } from '../../src/runs/open-model.js';
import type { OpenableImage } from '../../src/runs/run-on-all.js';
import { drawWeights } from '../../src/training/initialize.js';
import { copyDigits, openInput } from '../features/sample-images.js';
import { checkout } from '../helpers/finetune.js';

/** As built: its threads run JavaScript. */
const { runOnAll }: typeof import('../../src/runs/run-on-all.js') = await import(
  join(checkout, 'dist/runs/run-on-all.js')
);

/** The mean of every row of an image. */
const means: OnnxGraph = {
  name: 'means',
  nodes: [nodeFor('means', { op: 'GlobalAveragePool', inputs: ['input'] })],
  ...{ initializers: new Map(), mapSizes: new Map() },
  input: { name: 'input', type: 'float32', shape: ['N', 28, 28, 1] },
  output: { name: 'means', type: 'float32', shape: ['N', 28, 1, 1] },
};
const rules: OpenModel['rules'] = {
  ...{ size: [28, 28], channels: 1 },
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  preprocessing: { channelOrder: 'grey', mean: [0], std: [255] },
};
const folder = mkdtempSync(join(tmpdir(), 'finetune-all-'));
let images: OpenableImage[];
let opened: OpenModel;

before(async () => {
  const digits = copyDigits(folder, 52);
  const [first] = digits;
  assert.ok(first);
  images = digits.flatMap(({ file, hash }): OpenableImage[] => [
    file,
    readFileSync(file),
    { file, hash },
    { file, hash: first.hash },
    readFileSync(file).subarray(),
  ]);
  images[4] = { read: async () => readFileSync(first.file) };
  opened = {
    ...{ name: 'means', path: 'means', folder, classNames: ['only'], rules },
    session: await openTemporarySession(means, {}),
    forThreads: () => writeTemporaryModel(means),
    place: () => ({ device: 'cpu', precision: 'fp32' }),
  } as unknown as OpenModel;
});
after(async () => {
  await opened.session.release();
  rmSync(folder, { recursive: true });
});

async function outcomesOf(model: OpenModel, list: readonly OpenableImage[]) {
  const results = [];
  for await (const result of runOnAll(model, list, undefined)) results.push(result);
  assert.deepEqual(
    results.map(({ image }) => image),
    list,
  );
  return results.map(({ outcome }) => outcome);
}

test('in threads every image gets what it gets alone, whatever it is opened from, and a bad one its reason', async () => {
  const alone = [
    ...(await outcomesOf(opened, images.slice(0, 130))),
    ...(await outcomesOf(opened, images.slice(130))),
  ];
  assert.equal(alone.filter(outcome => 'reason' in outcome).length, 51 + 5 - 1);
  assert.deepEqual(await outcomesOf(opened, images), alone);
});

for (const device of ['cpu', 'cuda'] as const) {
  test(`where the session is to do the work, as on ${device}, threads only decode`, async () => {
    const alone = [
      ...(await outcomesOf(opened, images.slice(0, 130))),
      ...(await outcomesOf(opened, images.slice(130))),
    ];
    const run: OpenModel['session']['run'] = async (...batch) => {
      const { data, shape } = await opened.session.run(...batch);
      return { data: data.map(value => 2 * value), shape };
    };
    const doubling: OpenModel = {
      ...opened,
      session: { ...opened.session, run },
      forThreads: async () => undefined,
      place: () => ({ device, precision: 'fp32' }),
    };
    const expected = alone.map(outcome =>
      outcome instanceof Float32Array ? outcome.map(value => 2 * value) : outcome,
    );
    assert.deepEqual(await outcomesOf(doubling, images), expected);
  });
}

test('bytes that are a part of larger ones are read as they are', async () => {
  const digit = readFileSync(join(folder, '7.png'));
  const archive = new Uint8Array(1 << 20);
  archive.set(digit, 1000);
  const part = archive.subarray(1000, 1000 + digit.length);
  const list = Array.from({ length: 256 }, () => part);
  const [alone] = await outcomesOf(opened, [digit]);
  assert.deepEqual(new Set((await outcomesOf(opened, list)).map(String)), new Set([String(alone)]));
});

test('it ends with what stops it', async () => {
  const stop = new AbortController();
  const results = runOnAll(opened, images, stop.signal);
  assert.equal((await results.next()).done, false);
  stop.abort(new Error('enough'));
  await assert.rejects(results.next(), /enough/);
});

test('many images are seen in as many views as few', async () => {
  const backbone = join(folder, 'backbone');
  const network = drawWeights(planConvnet({ inputShape: [28, 28, 1], classes: 2 }), 1);
  mkdirSync(backbone);
  const { sha256 } = await saveLayersModel(backbone, network);
  const { card } = openInput();
  await saveCard(backbone, { ...card, classNames: ['odd', 'even'], sha256 });
  const files = Array.from({ length: 256 }, (_, i) => join(folder, `${(i % 20) + 4}.png`));
  const probabilities = async (views: 1 | 2, list: readonly string[]) => {
    const classifier = await loadClassifier({ backbone, views });
    const found: Float32Array[] = [];
    for await (const result of classifier.classifyAll(list))
      if (result.error === undefined) found.push(result.probabilities);
    await classifier.close();
    return found.slice(0, 20);
  };
  const twice = await probabilities(2, files);
  assert.deepEqual(twice, await probabilities(2, files.slice(0, 20)));
  assert.deepEqual(await probabilities(1, files), await probabilities(1, files.slice(0, 20)));
  assert.notDeepEqual(twice, await probabilities(1, files));
});
