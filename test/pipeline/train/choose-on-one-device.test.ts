// One device computes all features that a head is trained on.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { originalView } from '../../../src/data/image-rules.js';
import type { PipelineEvent } from '../../../src/events.js';
import { withoutTaps } from '../../../src/features/base.js';
import { precisionOn } from '../../../src/features/device.js';
import { extractFeatures } from '../../../src/features/extract.js';
import { inFloat } from '../../../src/features/precision.js';
import { DeviceFailure } from '../../../src/features/run-on-device.js';
import type { BaseRuntime } from '../../../src/features/runtime.js';
import { chooseOnOneDevice } from '../../../src/pipeline/train/choose-on-one-device.js';
import { silent } from '../../../src/system/context.js';
import { openBase } from '../../features/sample-images.js';

const store = mkdtempSync(join(tmpdir(), 'finetune-one-device-'));
after(() => rmSync(store, { recursive: true }));

const device = { name: 'webgpu', half: false, trials: {} } as const;
const none = { images: 0, multiplications: 0 };
const examples = ['a', 'b', 'c'].map(hash => ({ path: hash, file: hash, label: 0, hash }));

test('a device that fails while mirrored images go through it leaves none of its features behind', async () => {
  const base = withoutTaps(await openBase('avg'));
  const [size = 0] = base.groupSizes;
  /** Features of one number: a device of no make that computes a little otherwise, and does not last. */
  const runtimeOf = (value: number, lasts: boolean): BaseRuntime => ({
    ...(lasts ? {} : { device }),
    precision: lasts ? inFloat('') : precisionOn(device),
    async *run({ images }) {
      for (const image of images) {
        if (!lasts && image.view !== originalView) throw new DeviceFailure('webgpu', new Error('lost'));
        yield { image, outcome: new Float32Array(size).fill(value) };
      }
    },
  });
  const runtime = runtimeOf(1.001, false);
  const split = { train: examples.slice(0, 2), val: examples.slice(2), test: [] };
  const extraction = { base, split, dataSet: { classNames: ['one'] }, store };
  const features = await extractFeatures({ ...extraction, runtime }, silent);
  const messages: string[] = [];
  const emit = (event: PipelineEvent) => {
    if (event.type === 'warning') messages.push(event.message);
  };
  const result = await chooseOnOneDevice(
    {
      ...{ extraction, features, onStep: () => undefined, head: { classes: 1, seed: 1 } },
      runtimes: { runtime, onCpu: async () => runtimeOf(1, true) },
      plan: {
        ...({ candidates: undefined, taps: 'take', mirror: 'yes' } as const),
        mostImages: 0,
        mostMirrored: { tried: none, taken: none },
      },
    },
    { ...silent, emit },
  );
  assert.match(messages.join(), /^webgpu failed, so the base runs on the CPU: lost$/);
  assert.equal(result.runtime.device?.name, 'cpu');
  for (const subset of ['train', 'val'] as const)
    assert.deepEqual(new Set(result.chosen.features.subset(subset).matrix()), new Set([1]));
  assert.equal(result.chosen.features.subset('train').images.length, 4);
});
