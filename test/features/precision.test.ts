// In which precision the base runs, and what becomes of that decision.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { scanDataSet } from '../../src/data/scan.js';
import type { PipelineEvent } from '../../src/events.js';
import { loadBase } from '../../src/features/base.js';
import { resolvePrecision } from '../../src/features/precision.js';
import { resolveOptions, trainOptions } from '../../src/options.js';
import { checkout } from '../helpers/finetune.js';

const root = join(checkout, 'datasets/digits');

test('a cache directory that cannot be written costs a warning, not the training', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'finetune-precision-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  process.env.FINETUNE_CACHE = join(folder, 'a-file');
  await writeFile(process.env.FINETUNE_CACHE, '');
  const given = { data: root, backbone: 'efficientnet-lite0', inputShape: '32x32' };
  const base = await loadBase(resolveOptions(trainOptions, given));
  const { images } = await scanDataSet(root);
  const events: PipelineEvent[] = [];
  const emit = (event: PipelineEvent) => events.push(event);
  const { name } = await resolvePrecision(base, { wanted: 'auto', root, images, emit });
  assert.equal(name, 'fp32');
  const warnings = events.flatMap(event => (event.type === 'warning' ? event.message : []));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /precision is not remembered.*a-file.*FINETUNE_CACHE/);
});
