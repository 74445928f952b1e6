// Real ImageNet weights against Keras' own numbers for the same images.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import type { Preprocessing } from '../../src/data/image-rules.js';
import { readKerasFile } from '../../src/formats/keras/keras-file.js';
import { loadLayersModel, saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { cutAt, withInputShape } from '../../src/network/cut.js';
import type { Network } from '../../src/network/network.js';
import { largestDifference, loadInTfjs, predict } from '../formats/plain-tfjs.js';

const models = resolve('../shared/models');
const skip = existsSync(models) ? false : 'needs the real models in ../shared/models';

const mobileNet: Pick<Preprocessing, 'mean' | 'std'> = {
  mean: [127.5, 127.5, 127.5],
  std: [127.5, 127.5, 127.5],
};
const efficientNet: Pick<Preprocessing, 'mean' | 'std'> = { mean: [127, 127, 127], std: [128, 128, 128] };

async function pixels(
  path: string,
  { mean, std }: Pick<Preprocessing, 'mean' | 'std'>,
  size?: [number, number],
) {
  let image = sharp(path).removeAlpha();
  if (size !== undefined) image = image.resize(size[1], size[0], { fit: 'fill', kernel: 'nearest' });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const values = Float32Array.from(data, (value, i) => (value - mean[i % 3]!) / std[i % 3]!);
  return { data: values, shape: [info.height, info.width, 3] };
}

async function run(network: Network, inputs: Awaited<ReturnType<typeof pixels>>[]): Promise<Float32Array[]> {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
  await saveLayersModel(dir, network);
  const model = await loadInTfjs(dir);
  return inputs.map(input => predict(model, [input])[0]!);
}

function golden(path: string) {
  return JSON.parse(readFileSync(join(models, path), 'utf8'));
}

function averaged(maps: Float32Array, channels: number): Float32Array {
  const means = new Float32Array(channels);
  for (let i = 0; i < maps.length; i++) means[i % channels]! += maps[i]! / (maps.length / channels);
  return means;
}

for (const file of ['model.keras', 'model.h5']) {
  test(`MobileNetV2's features out of ${file} are Keras' features`, { skip }, async t => {
    const dir = join(models, 'mobilenet_v2_0.35');
    const { features } = golden('mobilenet_v2_0.35/golden/features.json');
    const names = Object.keys(features);
    const inputs = await Promise.all(names.map(name => pixels(join(dir, 'golden', name), mobileNet)));
    const maps = await run(await readKerasFile(join(dir, file)), inputs);
    const differences = maps.map((map, i) => largestDifference(averaged(map, 1280), features[names[i]!]));
    t.diagnostic(`largest absolute difference ${Math.max(...differences)}`);
    assert.ok(Math.max(...differences) <= 1e-4);
  });

  test(`EfficientNet-Lite0's features and scores out of ${file} are Keras' own`, { skip }, async t => {
    const dir = join(models, 'efficientnet_lite0');
    const { images } = golden('efficientnet_lite0/golden/features.json');
    const network = await readKerasFile(join(dir, file));
    const inputs = await Promise.all(
      images.map((image: { file: string }) => pixels(join(dir, 'golden', image.file), efficientNet)),
    );
    const scores = await run(network, inputs);
    const features = await run(cutAt(network, 'avg_pool'), inputs);
    const differences = images.map((image: { avg_pool: number[]; scores: number[] }, i: number) => [
      largestDifference(features[i]!, image.avg_pool),
      largestDifference(scores[i]!, image.scores),
    ]);
    t.diagnostic(`largest absolute difference ${Math.max(...differences.flat())}`);
    assert.ok(Math.max(...differences.flat()) <= 1e-4);
  });
}

test('a rectangular input gives the features that Keras gives', { skip }, async t => {
  const wide = golden('mobilenet_v2_0.35/golden/features_160x192.json');
  const mobile = withInputShape(
    await readKerasFile(join(models, 'mobilenet_v2_0.35/model.keras')),
    [160, 192],
  );
  const photos = Object.keys(wide.features).map(name =>
    pixels(join(models, 'mobilenet_v2_0.35/golden', name), mobileNet, [160, 192]),
  );
  const maps = await run(mobile, await Promise.all(photos));
  const expected: number[][] = Object.values(wide.features);
  const differences = maps.map((map, i) => largestDifference(averaged(map, 1280), expected[i]!));

  const lite = golden('efficientnet_lite0/golden/features_192x256.json');
  const whole = await readKerasFile(join(models, 'efficientnet_lite0/model.keras'));
  const network = withInputShape(cutAt(whole, lite.layer), [192, 256]);
  const photo = await pixels(join(models, 'efficientnet_lite0/golden', lite.file), efficientNet);
  const [map] = await run(network, [photo]);
  differences.push(largestDifference(averaged(map!, 1280), lite.avg_pool));
  t.diagnostic(`largest absolute differences ${differences.join(', ')}`);
  assert.ok(Math.max(...differences) <= 1e-4);
});

test('the embedded EfficientNet-Lite0, in half precision, stays close to Keras and finds the same classes', {
  skip,
}, async t => {
  const { images } = golden('efficientnet_lite0/golden/features.json');
  const inputs: Awaited<ReturnType<typeof pixels>>[] = await Promise.all(
    images.map((image: { file: string }) =>
      pixels(join(models, 'efficientnet_lite0/golden', image.file), efficientNet),
    ),
  );
  const network = await loadLayersModel('pretrained/efficientnet-lite0');
  const scores = await run(network, inputs);
  const features = await run(cutAt(network, 'avg_pool'), inputs);
  const scoreDifferences = scores.map((score, i) => largestDifference(score, images[i].scores));
  const featureDifferences = features.map((feature, i) => largestDifference(feature, images[i].avg_pool));
  t.diagnostic(
    `features ${Math.max(...featureDifferences)}, scores ${Math.max(...scoreDifferences)} (largest absolute differences)`,
  );
  assert.ok(Math.max(...featureDifferences) <= 0.02);
  assert.ok(Math.max(...scoreDifferences) <= 0.01);
  const best = (values: ArrayLike<number>) => Array.from(values).indexOf(Math.max(...Array.from(values)));
  assert.deepEqual(
    scores.map(best),
    images.map((image: { scores: number[] }) => best(image.scores)),
  );
});
