import assert from 'node:assert/strict';
import test from 'node:test';
import { hasNeutralProfile } from '../../src/data/colour-profile.js';
import { quartersImage } from './sample-images.js';

const tagged = (profile: string) => quartersImage().withIccProfile(profile).jpeg().toBuffer();

test("sRGB's own profile need not be applied", async () => {
  assert.equal(await hasNeutralProfile(await tagged('srgb')), true);
});

test('a wider profile must be applied', async () => {
  assert.equal(await hasNeutralProfile(await tagged('p3')), false);
});

test('without an RGB profile in a JPEG there is nothing to leave out', async () => {
  const files = {
    untagged: quartersImage().jpeg(),
    cmyk: quartersImage().toColourspace('cmyk').withIccProfile('cmyk').jpeg(),
    png: quartersImage().withIccProfile('srgb').png(),
  };
  for (const [name, file] of Object.entries(files)) {
    assert.equal(await hasNeutralProfile(await file.toBuffer()), false, name);
  }
});

test('segments that point beyond the file are no trouble', async () => {
  const file = await tagged('srgb');
  for (let length = 0; length < 700; length += 7) await hasNeutralProfile(file.subarray(0, length));
});
