// Networks with their real published weights against the answers of Keras, or of the model's own tfjs run.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { preprocessInput } from '../../src/backbones/preprocessing.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { openSession } from '../../src/inference/session.js';
import { appendLayers } from '../../src/network/cut.js';
import { type PrepareRequest, prepareBackbone } from '../../src/pipeline/prepare.js';
import { largestDifference, loadInTfjs, predict } from '../formats/plain-tfjs.js';
import { checkout } from '../helpers/finetune.js';

const models = join(checkout, '../shared/models');
const without = (path: string) => !existsSync(join(models, path)) && `${join(models, path)} is not here`;
const pooling = {
  class_name: 'GlobalAveragePooling2D',
  config: { name: 'mean', data_format: 'channels_last' },
};

/** RGB 0..255, the image of scripts/golden/squeezenet.py at any size. */
function computedImage([height, width]: readonly [number, number]): Float32Array {
  return Float32Array.from({ length: height * width * 3 }, (_, i) => {
    const channel = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / (3 * width));
    return Math.floor(127.5 + 60 * Math.sin(x / 29 + channel) + 60 * Math.cos(y / 37 + 2 * channel));
  });
}

async function prepare(request: Omit<PrepareRequest, 'emit' | 'out'>) {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-real-'));
  const prepared = await prepareBackbone({ ...request, out: join(dir, 'out'), emit: () => undefined });
  return {
    ...prepared,
    network: await loadLayersModel(prepared.dir),
    remove: () => rmSync(dir, { recursive: true }),
  };
}

test('SqueezeNet has the features that Keras gives it', { skip: without('squeezenet') }, async t => {
  const weights = join(models, 'squeezenet/squeezenet_notop.h5');
  const { network, card, remove } = await prepare({ name: 'squeezenet', weights });
  t.after(remove);
  const session = await openSession(compileOnnx(appendLayers(network, [pooling], [])));
  const input = preprocessInput(computedImage([227, 227]), card.preprocessing);
  const { data } = await session.run(input, [1, 227, 227, 3]);
  const expected = JSON.parse(readFileSync(join(checkout, 'test/fixtures/squeezenet.json'), 'utf8'));
  const difference = largestDifference(data, expected);
  t.diagnostic(`largest difference ${difference.toExponential(1)} of ${Math.max(...expected)}`);
  assert.ok(difference < 1e-3);
});

test('MobileNetV2 0.35 of the catalogue takes the weights that Keras 3 saved without a topology', {
  skip: without('mobilenet_v2_0.35'),
}, async t => {
  const folder = join(models, 'mobilenet_v2_0.35');
  const whole = await prepare({ from: join(folder, 'model.keras') });
  const named = await prepare({ name: 'mobilenet_v2_0.35', weights: join(folder, 'model.weights.h5') });
  t.after(() => [whole.remove(), named.remove()]);
  assert.equal(named.card.sha256, whole.card.sha256);
});

for (const folder of ['vgg16_block1-3', 'mobilenet_v2_0.35_teachable']) {
  test(`${folder} answers as the same folder does in plain tfjs`, { skip: without(folder) }, async t => {
    const { network, card, remove } = await prepare({ from: join(models, folder) });
    t.after(remove);
    const size = [card.inputShape[0] ?? 96, card.inputShape[1] ?? 96] as const;
    const input = preprocessInput(computedImage(size), card.preprocessing);
    const session = await openSession(compileOnnx(network));
    const { data } = await session.run(input, [1, ...size, 3]);
    const model = await loadInTfjs(join(models, folder));
    const [expected] = predict(model, [{ data: input, shape: [...size, 3] }]);
    const largest = expected!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = largestDifference(data, expected!);
    t.diagnostic(`largest difference ${difference.toExponential(1)} of ${largest.toPrecision(3)}`);
    assert.ok(difference <= 1e-5 * Math.max(largest, 1));
  });
}
