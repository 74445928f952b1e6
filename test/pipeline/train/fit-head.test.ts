// The head of a training: on which features it is, and what is known of it from the way there.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { extractImages } from '../../../src/pipeline/train/extract-images.js';
import { fitHead } from '../../../src/pipeline/train/fit-head.js';
import { silent } from '../../../src/system/context.js';
import { copyDigits, makeFolder } from '../../helpers/library.js';
import { saveSmallBackbone } from '../../helpers/small-backbone.js';
import { beginOn } from './begin-digits.js';

const dir = makeFolder('fit-head');
const backbone = join(dir, 'small');
const small = { data: join(dir, 'digits'), store: join(dir, 'store'), backbone };

before(async () => {
  process.chdir(dir);
  await saveSmallBackbone(backbone, 'small');
  copyDigits(small.data, ['0', '1', '7'], 12);
});

async function fit(given: object = {}) {
  const job = await beginOn({ ...small, ...given });
  try {
    const seen = await extractImages(job, silent);
    return { job, seen, fitted: await fitHead(job, seen, silent) };
  } finally {
    for (const each of job.opened) each.close();
  }
}

test('a head is solved on the features that are asked for, and says which they are', async () => {
  const { job, seen, fitted } = await fit();
  const { stage, fitPlan, refusesMirrors, floatFeatures } = fitted;
  const { tried } = stage.head.details.features as { tried: { loss: number }[] };
  const losses = tried.map(({ loss }) => loss.toFixed(3));
  const won = / \(cross-validated log-loss (\S+) instead of (\S+)\)$/.exec(stage.head.description);
  if (won) assert.deepEqual(won.slice(1), losses.reverse());
  const [words] = stage.head.description.split(' (cross-validated');
  assert.match(words ?? '', /^a linear head solved .*, on the last layer and max_pooling2d$/);
  assert.deepEqual(stage.base.taps, ['max_pooling2d']);
  const features = stage.head.details.features as { taps: string[]; mirrored: boolean };
  assert.deepEqual([features.taps, features.mirrored, stage.mirrored], [stage.base.taps, false, false]);
  assert.deepEqual([refusesMirrors, floatFeatures, fitPlan.solver], [true, undefined, 'lbfgs']);
  assert.deepEqual(job.opened, [seen.features, stage.features]);
  assert.equal(stage.head.crossValidation?.images, seen.split.train.length);
});

test('views of the mirror are features of their own: what is predicted is the mean over both', async () => {
  const { seen, fitted } = await fit({ mirror: 'yes', taps: ['none'] });
  const { stage, refusesMirrors } = fitted;
  assert.deepEqual([stage.mirrored, refusesMirrors, stage.base.taps], [true, false, []]);
  assert.equal(stage.features.subset('train').images.length, 2 * seen.split.train.length);
});

test('with epochs it is trained by them; with folds, heads on all but one of them say how good it is', async () => {
  const { fitted } = await fit({ hidden: 4, epochs: 2, folds: 3 });
  const { head } = fitted.stage;
  assert.equal(head.history.length, 2);
  assert.match(head.description, /^a head with hidden layers 4/);
  assert.deepEqual([head.crossValidation?.folds, head.crossValidation?.images], [3, 36]);
});

test('in int8 features of validation images in float come along, to compare with', async () => {
  const { seen, fitted } = await fit({ precision: 'int8', taps: ['none'] });
  const { runtime, base } = fitted.stage;
  assert.equal(runtime.precision.name, 'int8');
  assert.deepEqual(
    fitted.floatFeatures?.map(row => row?.length),
    seen.split.val.map(() => base.featureShape[0]),
  );
});
