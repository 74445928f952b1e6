// Damage inside JPEGs, looked for in as many as time allows.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { describeDamage, sampleDamage } from '../../src/features/damage-sample.js';
import { silent } from '../../src/system/context.js';
import { damageJpeg } from '../data/damage-jpeg.js';
import { folderWith, numberedJpeg, quartersImage } from '../data/sample-images.js';

const { signal } = silent;

async function examplesOf(context: TestContext) {
  const photo = await quartersImage().resize(200).jpeg().toBuffer();
  const files = {
    good: await numberedJpeg(1),
    damaged: damageJpeg(photo, 8),
    png: await quartersImage().png().toBuffer(),
  };
  const folder = await folderWith(context, files);
  return Object.keys(files).map(path => ({ path, file: join(folder, path), label: 0, hash: path }));
}

test('a damaged JPEG is named, and how many were read', async context => {
  const sample = await sampleDamage(await examplesOf(context), { seconds: 60, seed: 1, signal });
  assert.deepEqual([sample.checked, sample.damaged.map(({ path }) => path)], [2, ['damaged']]);
  assert.match(
    describeDamage(sample) ?? '',
    /of 2 JPEGs that were read to the end: 1, e\.g\. damaged \(damaged/,
  );
});

test('without time nothing is read, and nothing said', async context => {
  const sample = await sampleDamage(await examplesOf(context), { seconds: 0, seed: 1, signal });
  assert.deepEqual(sample, { checked: 0, damaged: [] });
  assert.equal(describeDamage(sample), undefined);
});
