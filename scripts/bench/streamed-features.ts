// Peak memory of a training whose features do not fit in memory: by default 20,000 images of 14x14x512 (VGG16's
// block4_pool, flattened: 8 GB). The features are made up, for a base that takes hours would change nothing here; they
// go into a feature store and are read from there batch by batch, as with a base. Prints a line of JSON.
//
//   npx tsx scripts/run-compiled.ts scripts/bench/streamed-features.ts \
//     [--images 20000] [--shape 14x14x512] [--budget-mb 500] [--epochs 1]
//
// With `--unfreeze block6` what is trained is EfficientNet-Lite0 from there on, on so many `--views` of every training image.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Example, Split } from '../../src/data/data-set.js';
import { originalView } from '../../src/data/image-rules.js';
import { startEngine } from '../../src/engines/start.js';
import { loadBase, splitBase } from '../../src/features/base.js';
import { extractFeatures } from '../../src/features/extract.js';
import { inFloat } from '../../src/features/precision.js';
import type { BaseResult, BaseWork } from '../../src/features/run-images.js';
import { join as joinNetworks } from '../../src/network/split.js';
import { silent } from '../../src/system/context.js';
import { readPeakMemory } from '../../src/system/peak-memory.js';
import { startTimer } from '../../src/system/timer.js';
import { namedAugmentations } from '../../src/training/augmentation.js';
import { fit, tune } from '../../src/training/fit.js';
import { headNetwork } from '../../src/training/head.js';
import { planUnsolved } from '../../src/training/plan.js';
import { seededRandom } from '../../src/training/random.js';
import { planCut } from '../../src/training/unfreeze.js';
import { planViews } from '../../src/training/views.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '20000' },
    shape: { type: 'string', default: '14x14x512' },
    'budget-mb': { type: 'string', default: '500' },
    epochs: { type: 'string', default: '1' },
    dir: { type: 'string', default: '.cache/bench' },
    engine: { type: 'string', default: 'wasm' },
    unfreeze: { type: 'string' },
    views: { type: 'string', default: '0' },
  },
});

const classes = 5;
const count = Number(values.images);
const unfrozen = values.unfreeze === undefined ? undefined : await openUnfrozen(values.unfreeze);
const featureShape = unfrozen?.base.featureShape ?? [
  values.shape.split('x').reduce((product, length) => product * Number(length), 1),
];
const size = featureShape.reduce((product, length) => product * length, 1);
mkdirSync(values.dir, { recursive: true });
const store = mkdtempSync(join(values.dir, 'streamed-'));

const examples = Array.from({ length: count }, (_, i): Example => {
  const path = `class-${i % classes}/${i}.jpg`;
  return { path, file: path, label: i % classes, hash: String(i) };
});
const atVal = Math.ceil(count * 0.8);
const split: Split = { train: examples.slice(0, atVal), val: examples.slice(atVal), test: [] };

/** Noise, which begins elsewhere for every image, and more of every fifth feature, by class. */
async function* makeUp({ images, signal }: BaseWork): AsyncGenerator<BaseResult> {
  const random = seededRandom(1);
  const noise = Float32Array.from({ length: size }, random);
  for (const [i, image] of images.entries()) {
    signal.throwIfAborted();
    const outcome = new Float32Array(size);
    const start = (i * 7919) % size;
    outcome.set(noise.subarray(start));
    outcome.set(noise.subarray(0, start), size - start);
    for (let at = image.example.label; at < size; at += classes) outcome[at]! += 0.2;
    yield { image, outcome };
    // As a base does, it lets others have their turn.
    if (i % 64 === 0) await new Promise(setImmediate);
  }
}

try {
  const timer = startTimer();
  await startEngine(values.engine as 'wasm');
  const features = await extractFeatures(
    {
      ...{ split, store },
      base: { featureShape, fingerprint: 'made up', preprocessingHash: '' },
      runtime: { precision: inFloat(''), run: makeUp },
      dataSet: { classNames: Array.from({ length: classes }, (_, label) => `class-${label}`) },
      views: {
        train: example => [
          originalView,
          ...planViews({ augment: namedAugmentations.light, count: Number(values.views), seed: 1 }, example),
        ],
      },
      memoryBudget: Number(values['budget-mb']) * 1e6,
    },
    silent,
  );
  timer.step('features');
  const afterFeatures = readPeakMemory();
  const [train, val] = [features.subset('train'), features.subset('val')];
  const plan = {
    ...planUnsolved({ solver: 'lbfgs', classes, seed: 1 }),
    dropout: 0,
    epochs: Number(values.epochs),
  };
  const { history } = unfrozen
    ? await tune({ train, val }, { ...plan, ...unfrozen, classes }, silent)
    : await fit({ train, val }, plan, silent);
  timer.step('fit');
  features.close();
  const gigabytes = ((train.images.length + val.images.length) * size * 4) / 1e9;
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  process.stdout.write(
    `${JSON.stringify({
      ...{ images: count, shape: featureShape.join('x'), gigabytes, inMemory: train.matrix() !== undefined },
      ...{ peakMegabytes: megabytes(readPeakMemory()), peakOfFeaturesMegabytes: megabytes(afterFeatures) },
      ...{ valAccuracy: history.at(-1)?.valAccuracy, seconds: timer.seconds() },
    })}\n`,
  );
} finally {
  await rm(store, { recursive: true, force: true });
}

/** Everything above a cut of EfficientNet-Lite0, with a head of zeros. */
async function openUnfrozen(unfreeze: string) {
  const asItIs = { inputShape: undefined, cut: undefined, resize: undefined };
  const whole = await loadBase({ ...asItIs, backbone: 'efficientnet-lite0', pooling: 'avg' });
  const { base, trainable } = splitBase(whole, planCut(whole.network, unfreeze));
  const [inputs = 0] = whole.featureShape;
  const zeros = { kernel: new Float32Array(inputs * classes), bias: new Float32Array(classes) };
  const head = headNetwork(whole.featureShape, { hidden: [], dropout: 0, classes }, [zeros]);
  return { base, start: joinNetworks(trainable, head), description: 'made up' };
}
