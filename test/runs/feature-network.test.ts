// What a program gets that wants features instead of classes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { copyDigits, finetune, lite, makeFolder, seven } from '../helpers/library.js';

const dir = makeFolder('features');
let run = '';

before(async () => {
  const data = copyDigits(join(dir, 'digits'), ['1', '7'], 8);
  const given = { data, backbone: lite, inputShape: [32, 32] as const, out: join(dir, 'run') };
  ({ run } = await finetune.train({ ...given, precision: 'fp32', taps: 'none', mirror: 'no' }));
});

test('the head on the features of an image gives what the classifier predicts', async () => {
  const classifier = await finetune.loadClassifier(run);
  const features = await classifier.features(seven);
  const { probabilities } = await classifier.classify(seven);
  await classifier.close();
  assert.equal(features.length, 1280);
  const { weightsManifest } = JSON.parse(readFileSync(join(run, 'model/model.json'), 'utf8'));
  const sizes = weightsManifest.flatMap(
    ({ weights }: { weights: { name: string; shape: number[] }[] }) => weights,
  );
  assert.deepEqual(sizes.at(-2).shape, [1280, 2]);
  const bytes = Buffer.concat(
    weightsManifest.flatMap(({ paths }: { paths: string[] }) =>
      paths.map(path => readFileSync(join(run, 'model', path))),
    ),
  );
  const head = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)).slice(
    -2562,
  );
  const logits = [0, 1].map(unit =>
    features.reduce((sum, value, i) => sum + value * (head[2 * i + unit] ?? 0), head[2560 + unit] ?? 0),
  );
  const [first = 0, second = 0] = logits;
  const expected = 1 / (1 + Math.exp(second - first));
  assert.ok(Math.abs(expected - (probabilities[0] ?? 0)) < 1e-4);
});

test('a backbone gives the mean of its last feature map', async () => {
  const classifier = await finetune.loadClassifier({ backbone: lite });
  const features = await classifier.features(readFileSync(seven));
  await classifier.close();
  assert.equal(features.length, 1280);
  assert.ok(features.some(value => value > 0));
});
