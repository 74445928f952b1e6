import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  countProcessors,
  hasMatrixTiles,
  overflowsByteSums,
  processorLimit,
} from '../../src/system/processors.js';

const cases: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ['no limit', { 'cpu.max': 'max 100000' }, Number.POSITIVE_INFINITY],
  ['no control groups', {}, Number.POSITIVE_INFINITY],
  ['two processors', { 'cpu.max': '200000 100000' }, 2],
  ['half a processor counts as one', { 'cpu.max': '50000 100000' }, 1],
  ['the limit of the own group', { membership: '0::/jobs/ours\n', 'jobs/ours/cpu.max': '300000 100000' }, 3],
  [
    'a stricter limit further up',
    { membership: '0::/jobs/ours\n', 'jobs/cpu.max': '100000 100000', 'jobs/ours/cpu.max': '300000 100000' },
    1,
  ],
  ['the older kind', { 'cpu/cpu.cfs_quota_us': '400000', 'cpu/cpu.cfs_period_us': '100000' }, 4],
  [
    'the older kind without a limit',
    { 'cpu/cpu.cfs_quota_us': '-1', 'cpu/cpu.cfs_period_us': '100000' },
    Number.POSITIVE_INFINITY,
  ],
];

describe('The CPU limit of a container', () => {
  for (const [title, files, expected] of cases) {
    test(title, () => {
      const folder = mkdtempSync(join(tmpdir(), 'finetune-cgroup-'));
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      assert.equal(processorLimit(folder, join(folder, 'membership')), expected);
      rmSync(folder, { recursive: true });
    });
  }

  test('never counts more processors than there are', () => {
    assert.ok(countProcessors() >= 1 && countProcessors() <= availableParallelism());
  });
});

describe('What the processor can do with bytes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'finetune-cpuinfo-'));
  after(() => rmSync(folder, { recursive: true }));
  for (const [flags, tiles, overflows] of [
    ['fpu avx2 avx512_vnni amx_int8', true, false],
    ['fpu avx2 avx_vnni', false, false],
    ['fpu avx2', false, true],
  ] as const) {
    test(flags, () => {
      const path = join(folder, 'cpuinfo');
      writeFileSync(path, `processor : 0\nflags\t\t: ${flags}\nbugs : none\n`);
      assert.equal(hasMatrixTiles(path), tiles);
      assert.equal(overflowsByteSums('x64', path), overflows);
      assert.equal(overflowsByteSums('arm64', path), false);
    });
  }

  test('is taken for the least where nobody says', () => {
    assert.equal(hasMatrixTiles(join(folder, 'none')), false);
    assert.equal(overflowsByteSums('x64', join(folder, 'none')), true);
  });
});
