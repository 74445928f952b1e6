import assert from 'node:assert/strict';
import test from 'node:test';
import sharp from 'sharp';
import { findConversion } from '../../src/data/colour-profile.js';
import { quartersImage } from './sample-images.js';

/** Without the profile, and as the decoder applies it. */
const decode = (file: Buffer) =>
  Promise.all([true, false].map(ignoreIcc => sharp(file, { ignoreIcc }).raw().toBuffer()));

const tagged = (profile: string) => quartersImage().withIccProfile(profile).jpeg().toBuffer();

test("sRGB's own profile leaves every colour alone", async () => {
  const convert = await findConversion(await tagged('srgb'));
  const pixels = Uint8Array.from({ length: 255 }, (_, i) => i);
  convert!(pixels);
  assert.deepEqual(
    pixels,
    Uint8Array.from({ length: 255 }, (_, i) => i),
  );
});

test('a wider profile is applied nearly as the decoder applies it', async () => {
  const file = await tagged('p3');
  const [pixels, expected] = await decode(file);
  const difference = () => Math.max(...pixels!.map((value, i) => Math.abs(value - expected![i]!)));
  assert.ok(difference() > 20, 'the profile makes a difference');
  (await findConversion(file))!(pixels!);
  // The quarters are of full colours, beyond which sRGB has no more: there the conversion has a sharp bend.
  assert.ok(difference() <= 12, `off by ${difference()}`);
});

test('on colours that sRGB has, a wider profile is applied as the decoder applies it', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 20 } as const;
  const photo = sharp({ create: { width: 64, height: 64, channels: 3, background: 'grey', noise } });
  const file = await photo.withIccProfile('p3').jpeg().toBuffer();
  const [pixels, expected] = await decode(file);
  (await findConversion(file))!(pixels!);
  pixels!.forEach((value, i) => {
    assert.ok(Math.abs(value - expected![i]!) <= 2);
  });
});

test('without an RGB profile in a JPEG the decoder applies what there is', async () => {
  const files = {
    untagged: quartersImage().jpeg(),
    cmyk: quartersImage().toColourspace('cmyk').withIccProfile('cmyk').jpeg(),
    png: quartersImage().withIccProfile('srgb').png(),
  };
  for (const [name, file] of Object.entries(files)) {
    assert.equal(await findConversion(await file.toBuffer()), undefined, name);
  }
});

test('a profile that is damaged counts as none', async () => {
  const file = await tagged('p3');
  const tags = file.indexOf('acsp') + 96;
  file.fill(0xff, tags, tags + 200);
  const pixels = Uint8Array.from([250, 20, 30]);
  (await findConversion(file))?.(pixels);
  assert.deepEqual([...pixels], [250, 20, 30]);
});

test('segments that point beyond the file are no trouble', async () => {
  const file = await tagged('srgb');
  for (let length = 0; length < 700; length += 7) await findConversion(file.subarray(0, length));
});
