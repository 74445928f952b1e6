// The images of a training, once all of them went through the base.
import assert from 'node:assert/strict';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../../src/events.js';
import { extractImages } from '../../../src/pipeline/train/extract-images.js';
import { silent } from '../../../src/system/context.js';
import { damageJpeg } from '../../data/damage-jpeg.js';
import { quartersImage } from '../../data/sample-images.js';
import { budgetByHand } from '../../helpers/clock.js';
import { copyDigits, makeFolder } from '../../helpers/library.js';
import { saveSmallBackbone } from '../../helpers/small-backbone.js';
import { beginOn } from './begin-digits.js';

const dir = makeFolder('extract-images');
const backbone = join(dir, 'small');
const small = { data: join(dir, 'digits'), store: join(dir, 'store'), backbone };

before(async () => {
  process.chdir(dir);
  await saveSmallBackbone(backbone, 'small');
  copyDigits(small.data, ['0', '7'], 8);
  // Named as images, but not whole.
  writeFileSync(join(small.data, '0/short.png'), await quartersImage().png().toBuffer());
  truncateSync(join(small.data, '0/short.png'), 100);
  const photo = await quartersImage().resize(200).jpeg().toBuffer();
  writeFileSync(join(small.data, '7/damaged.jpg'), damageJpeg(photo, 3));
});

async function extract(given: object = {}, context = silent) {
  const job = await beginOn({ ...small, ...given });
  const events: PipelineEvent[] = [];
  const emit = (event: PipelineEvent) => void events.push(event);
  const seen = await extractImages(job, { ...context, emit }).finally(() => {
    for (const each of job.opened) each.close();
  });
  return { job, seen, events };
}

test('all images are seen once; bad and damaged ones are told of; what an image takes is measured where there is a budget', async () => {
  const { budget } = budgetByHand(1000, { tick: 1 });
  const { job, seen, events } = await extract({}, { ...silent, budget });
  const { train, val } = seen.split;
  assert.deepEqual([seen.features.computed, train.length + val.length], [17, 18]);
  assert.deepEqual(job.opened, [seen.features]);
  assert.deepEqual([seen.runtimes.runtime.precision.name, (seen.secondsPerImage ?? 0) > 0], ['fp32', true]);
  const bad = events.flatMap(event => (event.type === 'bad-image' ? event.image.path : []));
  assert.deepEqual(bad, ['0/short.png']);
  const warnings = events.flatMap(event => (event.type === 'warning' ? event.message : []));
  assert.match(warnings.join(), /Damaged inside, of 1 JPEGs .* e\.g\. 7\/damaged\.jpg/);
  const steps = Object.keys(job.timer.seconds());
  assert.deepEqual(steps.slice(-3), ['precision', 'features', 'total']);
});

test('what was seen before comes from the store, and nothing is measured', async () => {
  const { seen } = await extract();
  assert.deepEqual([seen.features.computed, seen.secondsPerImage], [0, undefined]);
});

test('a class of which no image can be read ends it', async () => {
  const unreadable = copyDigits(join(dir, 'unreadable'), ['0', '7'], 2);
  for (const name of readdirSync(join(unreadable, '0'))) truncateSync(join(unreadable, '0', name), 200);
  await assert.rejects(extract({ data: unreadable, val: 0 }), {
    code: 'bad-data-set',
    message: /Class "0" has no readable training image/,
  });
});
