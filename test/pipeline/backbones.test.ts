// What is prepared and what can be, and how well heads on each do on a folder of images.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { copyDigits, finetune, makeFolder } from '../helpers/library.js';
import { saveSmallBackbone } from '../helpers/small-backbone.js';

const dir = makeFolder('backbones');
const data = join(dir, 'digits');
const store = join(dir, 'store');

before(async () => {
  process.chdir(dir);
  copyDigits(data, ['0', '7'], 12);
  await saveSmallBackbone(join(dir, 'pretrained/grey'), 'grey');
});

test('prepared backbones come with their folders; what the catalogue has beside them can be prepared', async () => {
  const { prepared, available } = await finetune.backbones();
  const names = prepared.map(({ name }) => name);
  assert.deepEqual(names, ['grey', 'efficientnet-lite0']);
  assert.ok(available.includes('vgg16') && available.length > 20);
});

test('a feature store is of no use without images', async () => {
  await assert.rejects(finetune.backbones({ store }), { code: 'bad-option', message: /without --data/ });
});

test('on images, each has the accuracy of heads that were cross-validated, and bad images are told', async () => {
  writeFileSync(join(data, '7/bad.png'), 'no picture');
  const bad: string[] = [];
  const { prepared } = await finetune.backbones(
    { data, store },
    { onEvent: event => event.type === 'bad-image' && bad.push(event.image.path) },
  );
  rmSync(join(data, '7/bad.png'));
  assert.deepEqual(bad, ['7/bad.png']);
  const [grey, embedded] = prepared;
  assert.ok((grey?.accuracy ?? 0) > 0.5 && (embedded?.accuracy ?? 0) > 0.6);
});

test('--backbone auto shows the table and trains on the best, under its name', async () => {
  const events: PipelineEvent[] = [];
  const out = join(dir, 'run');
  const given = { data, store, out, backbone: 'auto', inputShape: [64, 64] as const, mirror: 'no' } as const;
  await finetune.train(given, { onEvent: event => void events.push(event) });
  const notice = events.find(event => event.type === 'notice');
  assert.match(notice?.message ?? '', /^backbone +accuracy +log-loss +images\/s +MB$/);
  assert.match(notice?.lines?.at(-1) ?? '', /^Backbone: (grey|efficientnet-lite0)\.$/);
  assert.match(readFileSync(join(out, 'config.yaml'), 'utf8'), /backbone: (grey|efficientnet-lite0)\n/);
});
