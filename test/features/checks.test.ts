// What `finetune doctor` says of the places on disk.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkBackbones, checkCache, checkFeatureStore } from '../../src/features/checks.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-checks-'));
after(() => rmSync(folder, { recursive: true }));

test('the embedded backbone is always prepared', async () => {
  const { finding, problem } = await checkBackbones();
  assert.match(finding, /efficientnet-lite0/);
  assert.equal(problem, undefined);
});

test('a cache directory is made, and its free space told', async () => {
  process.env.FINETUNE_CACHE = join(folder, 'cache');
  const { finding, details } = await checkCache();
  assert.match(finding, /cache, \d+\.\d GB free$/);
  assert.equal(details.directory, process.env.FINETUNE_CACHE);
});

test('a cache directory that cannot be written has its remedy', async () => {
  process.env.FINETUNE_CACHE = join(folder, 'a-file');
  writeFileSync(process.env.FINETUNE_CACHE, '');
  const { finding, remedy } = await checkCache();
  assert.match(finding, /a-file cannot be written$/);
  assert.match(remedy ?? '', /FINETUNE_CACHE/);
});

test('a feature store that nothing was put into takes no space', async () => {
  process.env.FINETUNE_CACHE = join(folder, 'new');
  assert.equal((await checkFeatureStore()).details.bytes, 0);
});
