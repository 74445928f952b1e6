// lr-find as a program calls it: for all that is trained by epochs, leaving nothing but features.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { copyDigits, finetune, lite, makeFolder } from '../helpers/library.js';

const dir = makeFolder('lr-find');
const data = join(dir, 'digits');
const small = {
  data,
  backbone: lite,
  inputShape: [32, 32] as const,
  store: join(dir, 'store'),
  taps: 'none',
};

before(() => {
  process.chdir(dir);
  copyDigits(data, ['0', '1', '7'], 8);
});

test('a head that is solved has no rate, and what has one is named', async () => {
  await assert.rejects(finetune.lrFind(small), {
    code: 'bad-option',
    message: /solved to its optimum: it has no learning rate\. Add --recipe fine-tune .*--hidden 256/,
  });
});

for (const given of [
  { recipe: 'fine-tune' },
  { recipe: 'full' },
  { unfreeze: '1' },
  { hidden: 16 },
] as const) {
  test(`${JSON.stringify(given)} has a rate: its images are looked through`, async () => {
    const stop = new AbortController();
    const onEvent = ({ type }: PipelineEvent) => void (type === 'scan' && stop.abort());
    await assert.rejects(finetune.lrFind({ ...small, ...given }, { onEvent, signal: stop.signal }), {
      name: 'AbortError',
    });
  });
}

const trainings = [
  { title: 'a hidden head', given: { ...small, hidden: 16 }, usual: 0.001 },
  { title: 'unfrozen blocks', given: { ...small, unfreeze: '1', views: 1, batchSize: 4 }, usual: 0.0003 },
  { title: 'a network from scratch', given: { data, backbone: 'convnet', batchSize: 4 }, usual: 0.001 },
];

for (const { title, given, usual } of trainings) {
  test(`rates are tried for ${title}, and nothing is saved but features`, async () => {
    const found = await finetune.lrFind(given);
    assert.ok(found.points.length > 20 && found.points[0]?.learningRate === 1e-7);
    assert.equal(found.usual, usual);
    assert.deepEqual([existsSync('runs'), existsSync('cache/checkpoints')], [false, false]);
  });
}
