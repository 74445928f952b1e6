// Writes a folder of good images mixed with more than 200 kinds of odd and bad ones, to train on, predict and evaluate:
// npx tsx scripts/odd-images.ts DIR. Beside the two classes lies kinds.json, which tells what each file is:
// `good`: reads as others do; `bad`: has to be named, with a reason; `either`: damage that no decoder is sure to see.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { seededRandom } from './fuzz/mutate.js';
import { foreign } from './odd-images/foreign.js';
import { names } from './odd-images/names.js';

type Nature = 'good' | 'bad' | 'either';

interface Kind {
  readonly name: string;
  readonly nature: Nature;
  readonly bytes: Buffer;
}

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error('Usage: npx tsx scripts/odd-images.ts DIR');
const random = seededRandom(1);

/** Blotches in one colour on noise: class 0 is mostly red, class 1 mostly blue. */
function picture(label: number, width = 120, height = 90): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = random() * 120 + (i % 3 === label * 2 ? 130 : 0);
  return sharp(data, { raw: { width, height, channels: 3 } }).blur(2);
}

const still = await picture(0).png().toBuffer();
const base = () => sharp(still);
const jpeg = await base().jpeg().toBuffer();
const png = still;

const encoded: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  'jpeg.jpg': image => image.jpeg(),
  'progressive.jpg': image => image.jpeg({ progressive: true }),
  'full-chroma.jpg': image => image.jpeg({ chromaSubsampling: '4:4:4' }),
  'quality-1.jpg': image => image.jpeg({ quality: 1 }),
  'quality-100.jpg': image => image.jpeg({ quality: 100 }),
  'grey.jpg': image => image.grayscale().jpeg(),
  'cmyk.jpg': image => image.toColourspace('cmyk').jpeg(),
  'p3.jpg': image => image.withIccProfile('p3').jpeg(),
  'profile-cmyk.jpg': image => image.toColourspace('cmyk').withIccProfile('cmyk').jpeg(),
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8].map(orientation => [
      `orientation-${orientation}.jpg`,
      (image: Sharp) => image.withMetadata({ orientation }).jpeg(),
    ]),
  ),
  'plain.png': image => image.png(),
  'interlaced.png': image => image.png({ progressive: true }),
  'palette-2.png': image => image.png({ palette: true, colours: 2 }),
  'palette-4.png': image => image.png({ palette: true, colours: 4 }),
  'palette-16.png': image => image.png({ palette: true, colours: 16 }),
  'palette-256.png': image => image.png({ palette: true }),
  'grey.png': image => image.grayscale().png(),
  'sixteen-bits.png': image => image.toColourspace('rgb16').png(),
  'grey-sixteen-bits.png': image => image.grayscale().toColourspace('grey16').png(),
  'alpha-opaque.png': image => image.ensureAlpha(1).png(),
  'alpha-half.png': image => image.ensureAlpha(0.5).png(),
  'alpha-nothing.png': image => image.ensureAlpha(0).png(),
  'p3.png': image => image.withIccProfile('p3').png(),
  'lossy.webp': image => image.webp(),
  'lossless.webp': image => image.webp({ lossless: true }),
  'near-lossless.webp': image => image.webp({ nearLossless: true }),
  'alpha.webp': image => image.ensureAlpha(0.5).webp(),
  'still.gif': image => image.gif(),
  'few-colours.gif': image => image.gif({ colours: 4 }),
  'interlaced.gif': image => image.gif({ progressive: true }),
  ...Object.fromEntries(
    (['none', 'lzw', 'deflate', 'jpeg', 'packbits'] as const).map(compression => [
      `${compression}.tif`,
      (image: Sharp) => image.tiff({ compression }),
    ]),
  ),
  'tiled.tif': image => image.tiff({ tile: true }),
  'pyramid.tif': image => image.tiff({ tile: true, pyramid: true }),
  'one-bit.tif': image => image.threshold().toColourspace('b-w').tiff({ bitdepth: 1 }),
  'sixteen-bits.tif': image => image.toColourspace('rgb16').tiff(),
  'cmyk.tif': image => image.toColourspace('cmyk').tiff(),
};

const sizes = [
  [1, 1],
  [1, 500],
  [500, 1],
  [2, 3],
  [7, 5],
  [3000, 2],
  [2500, 2000],
  [31, 33],
] as const;

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

function marker(code: number): number {
  return jpeg.indexOf(Buffer.from([0xff, code]));
}

function chunk(type: string): number {
  return png.indexOf(type) - 4;
}

/** With the checksum of the header put right. */
function pngHeader(change: (header: Buffer) => void): Buffer {
  return changed(png, copy => {
    change(copy.subarray(16, 29));
    copy.writeUInt32BE(crc32(copy.subarray(12, 29)), 29);
  });
}

const broken: Readonly<Record<string, readonly [Nature, Buffer]>> = {
  'trailing-bytes.jpg': ['good', Buffer.concat([jpeg, Buffer.alloc(99, 'x')])],
  'trailing-bytes.png': ['good', Buffer.concat([png, Buffer.alloc(99, 'x')])],
  'leading-space.jpg': ['bad', Buffer.concat([Buffer.from(' '), jpeg])],
  'leading-lines.png': ['bad', Buffer.concat([Buffer.from('\r\n'), png])],
  'as-text.jpg': ['bad', Buffer.from(jpeg.toString('utf8'))],
  'lines-converted.png': ['bad', Buffer.from(png.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')],
  'seven-bits.jpg': ['bad', Buffer.from(jpeg.map(byte => byte & 127))],
  'no-tables.jpg': ['bad', changed(jpeg, copy => copy.writeUInt8(0xfe, marker(0xc4) + 1))],
  'no-quantization.jpg': ['bad', changed(jpeg, copy => copy.writeUInt8(0xfe, marker(0xdb) + 1))],
  'no-frame.jpg': ['bad', changed(jpeg, copy => copy.writeUInt8(0xfe, marker(0xc0) + 1))],
  'no-scan.jpg': ['bad', jpeg.subarray(0, marker(0xda))],
  'no-height.jpg': ['bad', changed(jpeg, copy => copy.writeUInt16BE(0, marker(0xc0) + 5))],
  'no-width.jpg': ['bad', changed(jpeg, copy => copy.writeUInt16BE(0, marker(0xc0) + 7))],
  'immense.jpg': ['bad', changed(jpeg, copy => copy.fill(0xff, marker(0xc0) + 5, marker(0xc0) + 9))],
  'taller.jpg': ['bad', changed(jpeg, copy => copy.writeUInt16BE(900, marker(0xc0) + 5))],
  'twelve-bits.jpg': ['bad', changed(jpeg, copy => copy.writeUInt8(12, marker(0xc0) + 4))],
  'no-components.jpg': ['bad', changed(jpeg, copy => copy.writeUInt8(0, marker(0xc0) + 9))],
  'lossless.jpg': ['bad', changed(jpeg, copy => copy.writeUInt8(0xc3, marker(0xc0) + 1))],
  'arithmetic.jpg': ['bad', changed(jpeg, copy => copy.writeUInt8(0xc9, marker(0xc0) + 1))],
  'no-width.png': ['bad', pngHeader(header => header.writeUInt32BE(0, 0))],
  'immense.png': ['bad', pngHeader(header => header.fill(0x7f, 0, 8))],
  'no-such-depth.png': ['bad', pngHeader(header => header.writeUInt8(3, 8))],
  'no-such-colours.png': ['bad', pngHeader(header => header.writeUInt8(5, 9))],
  'wrong-checksum-header.png': ['bad', changed(png, copy => copy.writeUInt32BE(1, 29))],
  'wrong-checksum-data.png': ['bad', changed(png, copy => copy.writeUInt32BE(1, copy.length - 16))],
  'no-data.png': ['bad', Buffer.concat([png.subarray(0, chunk('IDAT')), png.subarray(chunk('IEND'))])],
  'no-end.png': ['either', png.subarray(0, chunk('IEND'))],
  'no-header.png': ['bad', Buffer.concat([png.subarray(0, 8), png.subarray(33)])],
  'two-files.jpg': ['good', Buffer.concat([jpeg, jpeg])],
};

async function listKinds(): Promise<Kind[]> {
  const kinds: Kind[] = [];
  const add = (name: string, nature: Nature, bytes: Buffer) => kinds.push({ name, nature, bytes });
  for (const [name, encode] of Object.entries(encoded)) add(name, 'good', await encode(base()).toBuffer());
  for (const [width, height] of sizes)
    add(`size-${width}x${height}.png`, 'good', await picture(0, width, height).png().toBuffer());
  for (const [name, text] of Object.entries(foreign))
    add(`${name}.foreign.jpg`, 'bad', Buffer.from(text, 'latin1'));
  for (const [name, [nature, bytes]] of Object.entries(broken)) add(name, nature, bytes);
  for (const name of [
    'jpeg.jpg',
    'progressive.jpg',
    'plain.png',
    'lossy.webp',
    'still.gif',
    'none.tif',
    'lzw.tif',
  ]) {
    const bytes = kinds.find(kind => kind.name === name)?.bytes ?? jpeg;
    for (const part of [0.02, 0.2, 0.5, 0.9])
      add(`cut-${part}-${name}`, 'bad', bytes.subarray(0, bytes.length * part));
    for (const part of [0.3, 0.6]) {
      const start = Math.floor(bytes.length * part);
      add(
        `zeros-${part}-${name}`,
        'either',
        changed(bytes, copy => copy.fill(0, start, start + Math.floor(bytes.length / 5))),
      );
      add(
        `noise-${part}-${name}`,
        'either',
        changed(bytes, copy => copy.fill('\xa5Z', start, start + 40, 'latin1')),
      );
    }
  }
  for (const [i, name] of names.entries()) {
    const isForeign = !/\.(jpg|png|JPG)$/.test(name);
    add(
      name,
      isForeign ? 'either' : 'good',
      await picture(0, 60 + i, 50)
        .jpeg()
        .toBuffer(),
    );
  }
  return kinds;
}

const kinds = await listKinds();
// Fails where there is one: nothing is written over what is somebody else's.
mkdirSync(dir);
for (const label of ['blue', 'red']) mkdirSync(join(dir, label));
for (let i = 0; i < 40; i++) {
  writeFileSync(
    join(dir, i % 2 === 0 ? 'red' : 'blue', `photo-${i}.jpg`),
    await picture(i % 2)
      .jpeg()
      .toBuffer(),
  );
}
for (const { name, bytes } of kinds) writeFileSync(join(dir, 'red', name), bytes);
mkdirSync(join(dir, 'red', 'folder.jpg'));
symlinkSync('missing.jpg', join(dir, 'red', 'link-to-nothing.jpg'));
symlinkSync('link-to-itself.jpg', join(dir, 'red', 'link-to-itself.jpg'));
symlinkSync('.', join(dir, 'red', 'link-to-folder.jpg'));
execFileSync('mkfifo', [join(dir, 'red', 'pipe.jpg')]);
const natures = Object.fromEntries(kinds.map(({ name, nature }) => [name, nature]));
writeFileSync(join(dir, '..', 'kinds.json'), JSON.stringify(natures, undefined, 1), { flag: 'wx' });
console.log(`${kinds.length + 5} kinds and 40 photos in ${dir}.`);
