// Which backbone a training takes: the one that is asked for, VGG16, or the one that comes with the program.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { chooseBackbone } from '../../src/pipeline/choose-backbone.js';
import { checkout } from '../helpers/finetune.js';

const embedded = join(checkout, 'pretrained/efficientnet-lite0');
const before = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'finetune-choose-'));
process.chdir(folder);
after(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

async function choose(asked?: string) {
  const told: PipelineEvent[] = [];
  const { dir } = await chooseBackbone(asked, event => told.push(event));
  return { dir, told };
}

test('the one that is asked for is taken, and nothing is said', async () => {
  assert.deepEqual(await choose(embedded), { dir: embedded, told: [] });
});

test('one that is asked for and is not here is refused, though another one would be here', async () => {
  await assert.rejects(choose('resnet50'), { code: 'not-prepared' });
});

const hasVgg16 = existsSync(join(checkout, 'pretrained/vgg16')) && 'VGG16 is prepared in this checkout';

test('without VGG16 the embedded one is taken, with a line that says how to get VGG16', {
  skip: hasVgg16,
}, async () => {
  const { dir, told } = await choose();
  assert.equal(realpathSync(dir), embedded);
  assert.equal(told.length, 1);
  assert.match(JSON.stringify(told), /"notice".*efficientnet-lite0, which comes with.*`finetune prepare`/);
});

test('VGG16 that is prepared is taken, and nothing is said', async () => {
  const prepared = join(folder, 'pretrained/vgg16');
  cpSync(embedded, prepared, { recursive: true });
  const { dir, told } = await choose();
  assert.match(dir, /vgg16$/);
  assert.deepEqual(told, []);
});
