// Where the training of more than a head starts.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { splitBase, withoutTaps } from '../../../src/features/base.js';
import { extractImages } from '../../../src/pipeline/train/extract-images.js';
import { fitHead } from '../../../src/pipeline/train/fit-head.js';
import { joinStart } from '../../../src/pipeline/train/tune-stage.js';
import { silent } from '../../../src/system/context.js';
import { copyDigits, makeFolder } from '../../helpers/library.js';
import { saveSmallBackbone } from '../../helpers/small-backbone.js';
import { beginOn } from './begin-digits.js';

const dir = makeFolder('tune-stage');
const small = { data: join(dir, 'digits'), store: join(dir, 'store'), backbone: join(dir, 'small') };

before(async () => {
  process.chdir(dir);
  await saveSmallBackbone(small.backbone, 'small');
  copyDigits(small.data, ['0', '1'], 4);
});

for (const taps of ['none', 'max_pooling2d']) {
  test(`what lies above a cut starts with a head on the last layer alone, with --taps ${taps}`, async () => {
    const job = await beginOn({ ...small, taps });
    try {
      const { stage, fitPlan } = await fitHead(job, await extractImages(job, silent), silent);
      const { trainable } = splitBase(withoutTaps(stage.base), 'max_pooling2d');
      const { weights } = await joinStart(trainable, stage, { head: fitPlan, context: silent });
      const kernel = weights.get('predictions/kernel');
      assert.deepEqual(kernel?.shape, [stage.base.groupSizes[0], 2]);
      const own = stage.head.trainable.weights.get('predictions/kernel');
      assert.equal(String(kernel?.data) === String(own?.data), taps === 'none');
      assert.ok(weights.has('conv2d_1/kernel'));
    } finally {
      for (const each of job.opened) each.close();
    }
  });
}
