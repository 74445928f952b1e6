// What fine-tuning trains on, above a block and from the input on.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { mirroredView, originalView } from '../../../src/data/image-rules.js';
import { type FeatureRequest, openFeatures } from '../../../src/pipeline/train/tuning-features.js';
import { planUsualTuning } from '../../../src/pipeline/train/tuning-plan.js';
import { silent } from '../../../src/system/context.js';
import { copyDigits, openBase, openInput } from '../../features/sample-images.js';
import { noOptions } from '../../training/loop-plans.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-tuning-'));
after(() => rmSync(folder, { recursive: true }));
// The fourth is broken.
const examples = copyDigits(folder, 3).map((each, i) => ({ ...each, label: i % 2 }));
const request: FeatureRequest = {
  ...{ plan: planUsualTuning(noOptions), store: join(folder, 'store'), precision: 'auto', device: 'auto' },
  dataSet: { root: folder, examples, classNames: ['even', 'odd'], bad: [], warnings: [], fingerprint: '' },
  split: { train: examples.slice(0, 2), val: examples.slice(2), test: [] },
};

test('from the input on it is images, read once, in new views for every epoch', async () => {
  const source = await openFeatures(openInput(), request, silent);
  const views = [originalView, mirroredView];
  const { features, runtime } = await source.extract(views);
  assert.equal((await source.extract(views)).features, features);
  assert.deepEqual([source.countMissing(views), features.shape], [0, [28, 28, 1]]);
  assert.notEqual(features.subset('train').drawEpoch, undefined);
  assert.equal(runtime.precision.name, 'fp32');
});

test('above a block it is features of views that are stored there', async () => {
  const source = await openFeatures(await openBase('avg'), request, silent);
  const views = [originalView, mirroredView];
  assert.equal(source.countMissing(views), 5);
  const { features } = await source.extract(views);
  features.close();
  assert.deepEqual([source.countMissing(views), features.computed], [0, 5]);
  assert.equal(features.subset('train').drawEpoch, undefined);
});
