// Which damages of JPEG files are found: all on which libjpeg-turbo's own program warns.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { globSync } from 'glob';
import type { Sharp } from 'sharp';
import { findJpegBreak, findJpegDamage } from '../../src/data/jpeg-check.js';
import { readImage } from '../../src/data/read-image.js';
import { damageJpeg } from './damage-jpeg.js';
import { quartersImage } from './sample-images.js';

const fixture = (name: string) => readFileSync(`test/fixtures/images/${name}`);
const warned: Record<string, string> = JSON.parse(fixture('damaged.json').toString());

for (const [name, kind] of [
  ['samsung-mended', 'baseline'],
  ['progressive', 'progressive'],
  ['restarts', 'restart markers'],
  ['grey', 'grey'],
] as const) {
  const file = fixture(`${name}.jpg`);

  test(`${kind}: every damage is found on which djpeg warns`, () => {
    assert.equal(findJpegDamage(file), undefined);
    const flags = [...warned[name]!];
    assert.equal(flags.length, 140);
    for (const [i, flag] of flags.entries())
      if (flag === '1')
        assert.match(findJpegDamage(damageJpeg(file, i)) ?? '', /^(damaged|cut short): /, `${i}`);
  });

  test(`${kind}: a look at the markers finds a part of the damages, and no others`, () => {
    assert.equal(findJpegBreak(file), undefined);
    const found = [...warned[name]!].flatMap((flag, i) => (findJpegBreak(damageJpeg(file, i)) ? flag : []));
    assert.ok(found.length >= 20 && found.every(flag => flag === '1'), `${found.length}`);
  });
}

const variants: Record<string, (image: Sharp) => Sharp> = {
  baseline: image => image.jpeg({ quality: 30 }),
  'best quality': image => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
  progressive: image => image.jpeg({ progressive: true }),
  'trellis quantization': image => image.jpeg({ mozjpeg: true }),
  grey: image => image.toColourspace('b-w').jpeg({ progressive: true }),
  CMYK: image => image.toColourspace('cmyk').jpeg(),
};

for (const [name, encode] of Object.entries(variants)) {
  for (const [width, height] of [
    [1, 1],
    [17, 8],
    [100, 75],
  ] as const) {
    test(`${name}, ${width} x ${height}: nothing is found in a good file, whatever follows its end`, async () => {
      const file = await encode(quartersImage().resize(width, height, { fit: 'fill' })).toBuffer();
      for (const bytes of [file, Buffer.concat([file, Buffer.from('more \xff\xd8', 'latin1')])]) {
        assert.equal(findJpegDamage(bytes), undefined);
        assert.equal(findJpegBreak(bytes), undefined);
      }
    });
  }
}

test('any beginning of a file is cut short or damaged, and never a mistake of ours', () => {
  for (const name of ['progressive.jpg', 'restarts.jpg', 'twelve-bits.jpg', 'jpeg-ls.jpg']) {
    const file = fixture(name);
    for (let length = 3; length < file.length - 2; length += 31) {
      assert.match(
        findJpegDamage(file.subarray(0, length)) ?? '',
        /^(damaged|cut short): /,
        `${name} ${length}`,
      );
    }
  }
});

test('a file that ends early is a bad image; what only a thorough look finds is one when it is asked for', async () => {
  const rules = {
    size: [8, 8],
    channels: 3,
    resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
    preprocessing: { channelOrder: 'RGB', mean: [0, 0, 0], std: [1, 1, 1] },
  } as const;
  const file = fixture('samsung-mended.jpg');
  assert.match(JSON.stringify(await readImage(file.subarray(0, -900), rules)), /cut short/);
  const damaged = damageJpeg(file, 3);
  assert.ok('input' in (await readImage(damaged, rules)));
  assert.match(JSON.stringify(await readImage(damaged, rules, { thorough: true })), /damaged: /);
  assert.ok('input' in (await readImage(file, rules, { thorough: true })));
});

test('every JPEG of the data sets that come with the project is in order', () => {
  for (const path of globSync('datasets/**/*.jpg'))
    assert.equal(findJpegDamage(readFileSync(path)), undefined, path);
});
