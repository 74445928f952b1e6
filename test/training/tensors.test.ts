// Memory of the engine: what a pipeline makes, it frees.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { checkout } from '../helpers/finetune.js';

/** As built: its threads run JavaScript. */
const finetune: typeof import('../../src/index.js') = await import(join(checkout, 'dist/index.js'));

const dir = mkdtempSync(join(tmpdir(), 'finetune-tensors-'));
// The engine that is set up in the tests' own cache is used here too.
process.env.FINETUNE_CACHE ??= join(dir, 'cache');
const data = join(checkout, 'datasets/digits');
const model = join(dir, 'run');

const train = (given: object) =>
  finetune.train({
    ...{ data, backbone: join(checkout, 'pretrained/efficientnet-lite0'), inputShape: '32x32' },
    ...{ store: join(dir, 'store'), out: model, force: true, ...given },
  });

const pipelines: Readonly<Record<string, () => Promise<unknown>>> = {
  'a linear head solved to its optimum': () => train({}),
  'a head with a hidden layer, trained by epochs': () => train({ hidden: 8, epochs: 2 }),
  'a base in int8': () => train({ precision: 'int8' }),
  'an evaluation': () => finetune.evaluate({ model, data }),
  'a prediction': async () => {
    for await (const answer of finetune.predict({ images: [join(data, '7')], model, top: 1 })) {
      assert.ok('label' in answer);
    }
  },
};

for (const [name, run] of Object.entries(pipelines)) {
  test(`no tensor outlives ${name}`, async () => {
    await run();
    assert.equal(tf.memory().numTensors, 0);
  });
}
