// What is prepared and what can be, and how well heads on each do on a folder of images.
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { checkout } from '../helpers/finetune.js';
import { copyDigits, finetune, lite, makeFolder } from '../helpers/library.js';

const dir = makeFolder('backbones');
const data = join(dir, 'digits');
const store = join(dir, 'store');

before(async () => {
  process.chdir(dir);
  copyDigits(data, ['0', '7'], 12);
  cpSync(lite, join(dir, 'pretrained/a-copy'), { recursive: true });
  await finetune.prepare({ from: join(checkout, 'test/fixtures/cases/gray.keras'), name: 'grey' });
});

test('prepared backbones come with their folders; what the catalogue has beside them can be prepared', async () => {
  const { prepared, available } = await finetune.backbones();
  const names = prepared.map(({ name }) => name);
  assert.deepEqual(names, ['a-copy', 'grey', 'efficientnet-lite0']);
  assert.ok(available.includes('vgg16') && available.length > 20);
});

test('on images, each has the accuracy of heads that were cross-validated, its speed and its size', async () => {
  const { prepared } = await finetune.backbones({ data, store });
  const [copy, grey, embedded] = prepared;
  for (const each of [copy, embedded]) {
    assert.ok((each?.accuracy ?? 0) > 0.6);
    assert.ok((each?.imagesPerSecond ?? 0) > 0 && (each?.megabytes ?? 0) > 10);
  }
  assert.ok(grey?.failure !== undefined || grey?.loss !== undefined);
});

test('--backbone auto shows the table and trains on the best, under its name', async () => {
  const events: PipelineEvent[] = [];
  const out = join(dir, 'run');
  const given = { data, store, out, backbone: 'auto', inputShape: [64, 64] as const, mirror: 'no' } as const;
  await finetune.train(given, { onEvent: event => void events.push(event) });
  const notice = events.find(event => event.type === 'notice');
  assert.match(
    notice?.message ?? '',
    /backbone +accuracy +log-loss +images\/s +MB\n.*Backbone: (a-copy|efficientnet-lite0)\./s,
  );
  assert.match(readFileSync(join(out, 'config.yaml'), 'utf8'), /backbone: (a-copy|efficientnet-lite0)\n/);
});
