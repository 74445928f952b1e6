// Training on features that do not fit in memory.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { checkout } from '../helpers/finetune.js';

/** 2,000 images whose features take 200 MB. */
function train(budgetMb: number) {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-streamed-'));
  const script = join(import.meta.dirname, '../../scripts/bench/streamed-features.js');
  const flags = ['--images', '2000', '--shape', '7x7x512', '--budget-mb', String(budgetMb), '--dir', dir];
  const { stdout, stderr } = spawnSync(process.execPath, [script, ...flags], {
    cwd: checkout,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.deepEqual(readdirSync(dir), []);
  rmSync(dir, { recursive: true });
  return JSON.parse(stdout);
}

test('features beyond the budget are read batch by batch: less memory, and the same head to the bit', () => {
  const [small, large] = [train(20), train(1000)];
  assert.deepEqual([small.inMemory, large.inMemory], [false, true]);
  const saved = large.peakMegabytes - small.peakMegabytes;
  // What the garbage collector leaves lying about for a while differs from machine to machine.
  assert.ok(saved > small.gigabytes * 1000 * 0.3, `${small.peakMegabytes} of ${large.peakMegabytes} MB`);
  assert.equal(small.valAccuracy, large.valAccuracy);
});
