// What is remembered of int8, for which images, and for how long.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Base } from '../../src/features/base.js';
import {
  findCalibration,
  type KnownCalibration,
  recall,
  remember,
  stillHolds,
  withCalibration,
} from '../../src/features/precision-memory.js';
import { silent } from '../../src/system/context.js';

process.env.FINETUNE_CACHE = mkdtempSync(join(tmpdir(), 'finetune-memory-'));
after(() => rmSync(process.env.FINETUNE_CACHE ?? '', { recursive: true }));

const base = { fingerprint: 'base', preprocessingHash: 'rules' } as Base;
const calibration = { floatLayers: 3, values: new Map([['x', { range: [-1, 2], means: [0.5] }] as const]) };
const known = (...images: string[]): KnownCalibration => ({
  ...{ calibration, images, worthwhile: true, speedup: 2, reason: 'twice as fast' },
  trials: [{ range: 'min-max', floatLayers: 3, cosineMean: 1, cosineMin: 1 }],
});
const dataSet = (...hashes: string[]) => hashes.map(hash => ({ hash }));

test('what was remembered is recalled, for this base alone', async () => {
  const refusal = { reason: 'slower', trials: [], images: 10, measuredAt: 1 };
  const memory = { calibrations: [known('a', 'b')], refusal };
  await remember(base, memory, silent);
  assert.deepEqual(await recall(base), memory);
  assert.deepEqual(await recall({ ...base, fingerprint: 'other' }), { calibrations: [] });
});

test('a damaged file is as none', async () => {
  await remember(base, { calibrations: [known('a')] }, silent);
  const folder = join(process.env.FINETUNE_CACHE ?? '', 'precision-v2');
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"calibrations":[{}]}');
  assert.deepEqual(await recall(base), { calibrations: [] });
});

for (const [hashes, found] of [
  [['a', 'b', 'c', 'd'], true],
  [['a', 'b', 'x', 'y', 'z'], true],
  [['a', 'x', 'y', 'z'], false],
  [[], false],
] as const) {
  const verb = found ? 'serves' : 'does not serve';
  test(`a calibration on a, b, c, d ${verb} the data set ${hashes.join(', ') || 'without images'}`, () => {
    const memory = { calibrations: [known('a', 'b', 'c', 'd')] };
    assert.equal(findCalibration(memory, dataSet(...hashes)) !== undefined, found);
  });
}

test('a calibration that was forced is not taken for one that is worthwhile', () => {
  const memory = { calibrations: [{ ...known('a'), worthwhile: false }] };
  assert.ok(findCalibration(memory, dataSet('a')));
  assert.equal(findCalibration(memory, dataSet('a'), { worthwhile: true }), undefined);
});

const day = 24 * 3600 * 1000;
for (const [title, missing, age, holds] of [
  ['holds for the same images', 500, 0, true],
  ['holds for several times as many, days later', 4999, 6 * day, true],
  ['is measured anew where the work has grown tenfold', 5000, 0, false],
  ['is measured anew after a week', 500, 7 * day, false],
] as const) {
  test(`a refusal ${title}`, () => {
    const refusal = { reason: '', trials: [], images: 500, measuredAt: 1000 };
    assert.equal(stillHolds(refusal, missing, 1000 + age), holds);
  });
}

test('the newest four calibrations are kept, one per sample', () => {
  let memory = { calibrations: [] as readonly KnownCalibration[] };
  for (const image of ['a', 'b', 'c', 'd', 'b', 'e']) memory = withCalibration(memory, known(image));
  assert.deepEqual(
    memory.calibrations.map(({ images }) => images.join()),
    ['e', 'b', 'd', 'c'],
  );
});
