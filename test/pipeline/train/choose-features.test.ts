// What cross-validation chooses, and what a run is then made of: one network, whoever runs it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import sharp from 'sharp';
import { readGoodImage } from '../../../src/data/read-image.js';
import { scanDataSet } from '../../../src/data/scan.js';
import { startEngine } from '../../../src/engines/start.js';
import type { PipelineEvent } from '../../../src/events.js';
import { loadBase } from '../../../src/features/base.js';
import { extractFeatures } from '../../../src/features/extract.js';
import { chooseRuntime } from '../../../src/features/runtime.js';
import { chooseFeatures, type TriedFeatures } from '../../../src/pipeline/train/choose-features.js';
import { planFeatures } from '../../../src/pipeline/train/feature-options.js';
import { silent } from '../../../src/system/context.js';
import { loadInTfjs, predict } from '../../formats/plain-tfjs.js';
import { budgetByHand } from '../../helpers/clock.js';
import { copyDigits, finetune, lite, makeFolder, seven } from '../../helpers/library.js';

const dir = makeFolder('choose');
const digits = join(dir, 'digits');
const base = {
  backbone: lite,
  inputShape: [64, 64] as const,
  store: join(dir, 'store'),
  precision: 'fp32' as const,
};

before(() => copyDigits(digits, ['0', '2', '7'], 20));

const trainOn = async (data: string, options: object) => {
  const result = await finetune.train({ ...base, data, out: join(dir, 'run'), force: true, ...options });
  const { head } = JSON.parse(readFileSync(join(result.run, 'run.json'), 'utf8'));
  const features: { taps: string[]; mirrored: boolean; tried: TriedFeatures[] } = head.features;
  return { ...result, features };
};

test('the features of least cross-validated loss are taken, and the run says what was tried', async () => {
  const { features, head } = await trainOn(digits, { mirror: 'no' });
  const losses = features.tried.map(({ loss }) => loss ?? Infinity);
  assert.deepEqual(
    features.tried.map(({ groups }) => groups.length),
    [1, 4, 4],
  );
  assert.equal(
    features.taps.length > 0,
    losses.some(loss => loss < 0.98 * (losses[0] ?? 0) - 0.001),
  );
  if (features.taps.length > 0) assert.match(head.description, /on the last layer and block5c_add/);
});

test('where left and right are the classes, mirrored views are found to be worse, and nothing is fine-tuned on them', async () => {
  const data = join(dir, 'sides');
  copyDigits(join(data, 'as-written'), ['7'], 60);
  copyDigits(join(data, 'in-a-mirror'), ['7'], 60);
  const turned = join(data, 'in-a-mirror/7');
  for (const name of readdirSync(turned)) {
    const file = join(turned, name);
    const bytes = await sharp(readFileSync(file)).flop().png().toBuffer();
    await sharp(bytes).toFile(file);
  }
  const tuning = { unfreeze: 'block7', views: 1, epochs: 1, learningRate: 1e-6 };
  const { features, head } = await trainOn(data, { ...tuning, taps: 'none', inputShape: [96, 96] });
  assert.deepEqual(Object.keys((head.tuning as { augment: object }).augment), ['crop']);
  const losses = features.tried.map(({ loss }) => loss ?? Infinity);
  assert.deepEqual([features.mirrored, features.tried.at(-1)?.mirrored], [false, true]);
  assert.ok((losses.at(-1) ?? 0) > (losses[0] ?? 0), `${losses}`);
});

test('what is chosen is part of the network: tfjs, model.onnx and predictions agree, and so does what was measured', async () => {
  const chosen = { taps: 'block5c_add', mirror: 'yes', store: join(dir, 'empty-store') };
  const { run, val, features, computed } = await trainOn(digits, chosen);
  assert.equal(computed, 60, 'mirrored views are no images');
  assert.deepEqual([features.taps, features.mirrored], [['block5c_add'], true]);
  const card = JSON.parse(readFileSync(join(run, 'model/card.json'), 'utf8'));
  assert.equal(card.mirrored, true);
  const classifier = await finetune.loadClassifier(run);
  const { probabilities } = await classifier.classify(seven);
  assert.equal((await classifier.features(seven)).length, 1280 + 112);
  await classifier.close();
  const rules = {
    size: [64, 64],
    channels: 3,
    resize: card.resize,
    preprocessing: card.preprocessing,
  } as const;
  const { input: data } = await readGoodImage(seven, rules);
  const [inTfjs = []] = predict(await loadInTfjs(join(run, 'model')), [{ data, shape: [64, 64, 3] }]);
  assert.ok(probabilities.every((value, i) => Math.abs(value - (inTfjs[i] ?? 0)) < 1e-4));
  const { unseen } = await finetune.evaluate({ data: digits, model: run });
  assert.ok(Math.abs((unseen?.loss ?? 0) - (val?.loss ?? 1)) < 1e-4);
});

test('any run can be asked to look at the mirror, too; one that does it by itself says so, and looks no more than twice', async () => {
  const { run } = await trainOn(digits, { taps: 'none', mirror: 'no' });
  const told: string[] = [];
  const onEvent = (event: PipelineEvent) => {
    if (event.type === 'warning') told.push(event.message);
  };
  const confidences = async (views?: 1 | 2) => {
    const classifier = await finetune.loadClassifier({ model: run, views }, { onEvent });
    const { probabilities } = await classifier.classify(seven);
    await classifier.close();
    return [...probabilities];
  };
  const once = await confidences(1);
  assert.deepEqual(await confidences(), once);
  assert.notDeepEqual(await confidences(2), once);
  await trainOn(digits, { taps: 'none', mirror: 'yes' });
  assert.deepEqual(told, []);
  assert.deepEqual(await confidences(2), await confidences());
  assert.match(
    told.join('|'),
    /^[^|]* looks at each image and its mirror by itself: --views 2 changes nothing\.$/,
  );
  await assert.rejects(confidences(1), {
    code: 'bad-option',
    message: /looks at both by itself\. Leave out --views 1/,
  });
});

test('when time is up, the last layer of the images as they are is taken, and it is noted what was not tried', async () => {
  const base = await loadBase({
    ...{
      backbone: lite,
      inputShape: [64, 64],
      cut: undefined,
      resize: undefined,
      pooling: 'avg',
      taps: 'auto',
    },
  });
  const dataSet = await scanDataSet(digits);
  const split = { train: dataSet.examples, val: [], test: [] };
  await startEngine('auto');
  const { budget, wait } = budgetByHand(60);
  wait(60);
  const context = { ...silent, budget };
  const runtime = await chooseRuntime(
    base,
    { wanted: 'fp32', device: 'cpu', train: split.train, images: split.train, countMissing: () => 0 },
    context,
  );
  const features = await extractFeatures(
    { base, runtime, dataSet, split, store: join(dir, 'store') },
    context,
  );
  const plan = planFeatures(
    { taps: undefined, mirror: undefined, pooling: 'avg' },
    { solved: true, tuned: false },
  );
  const extract = () => assert.fail('Nothing else is extracted.');
  const chosen = await chooseFeatures(
    { base, features, extract, head: { classes: 3, seed: 1 } },
    plan,
    context,
  );
  features.close();
  assert.deepEqual([chosen.base.taps, chosen.mirrored, chosen.tried.length], [[], false, 1]);
  assert.deepEqual(budget.report().leftOut, ['lower layers', 'mirrored views']);
});
