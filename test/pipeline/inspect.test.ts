// inspect as a program calls it: everything that was planted is found, and nothing of the user's is touched.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import sharp from 'sharp';
import type { PipelineEvent } from '../../src/events.js';
import type { Inspection } from '../../src/features/inspection.js';
import { damageJpeg } from '../data/damage-jpeg.js';
import { checkout } from '../helpers/finetune.js';
import { copyDigits, finetune, lite, makeFolder } from '../helpers/library.js';

const dir = makeFolder('inspect');
const data = join(dir, 'digits');
const list = join(dir, 'list.txt');
const page = join(dir, 'page.html');
let found: Inspection;

before(async () => {
  process.chdir(dir);
  copyDigits(data, ['0', '1', '7'], 24);
  const digit = (label: string, number: number) => {
    const from = join(checkout, 'datasets/digits', label);
    return join(from, readdirSync(from).slice(30)[number] ?? '');
  };
  cpSync(digit('7', 0), join(data, '0/wrong.png'));
  cpSync(digit('1', 0), join(data, '1/one.png'));
  cpSync(digit('1', 0), join(data, '7/same.png'));
  writeFileSync(join(data, '1/resized.png'), await sharp(digit('1', 1)).resize(56).png().toBuffer());
  cpSync(digit('1', 1), join(data, '1/original.png'));
  const photo = await sharp(digit('0', 2)).resize(200).jpeg().toBuffer();
  // Eight bytes that the decoder makes another picture of, without a word.
  writeFileSync(join(data, '0/damaged.jpg'), damageJpeg(photo, 8));
  writeFileSync(join(data, '0/empty.png'), '');
  const flat = sharp({ create: { width: 64, height: 64, channels: 3, background: '#777' } });
  writeFileSync(join(data, '7/flat.png'), await flat.png().toBuffer());
  mkdirSync(join(data, '9'));
  cpSync(digit('7', 3), join(data, '9/only.png'));
  found = await finetune.inspect({ data, backbone: lite, writeList: list, html: page });
});

const paths = (images: readonly { readonly path: string }[]) => images.map(({ path }) => path).sort();

test('images that cannot be read are named, damage inside the data of a JPEG included', () => {
  assert.deepEqual(paths(found.bad), ['0/damaged.jpg', '0/empty.png']);
});

test('classes have their counts, and few images are a warning that names the class', () => {
  assert.deepEqual(
    found.classes.map(({ name, images, subsets: { train, val, test } }) => [
      name,
      images,
      train + val + test,
    ]),
    [
      ['0', 25, 25],
      ['1', 27, 27],
      ['7', 26, 26],
      ['9', 1, 1],
    ],
  );
  assert.match(found.warnings.join('\n'), /Fewer than 20 images: 9 \(1\)/);
  assert.match(found.warnings.join('\n'), /1 has 27 images, 9 only 1: .*--class-weights balanced/);
});

test('copies contradict each other across classes; a resized one is found', () => {
  const [across] = found.copies.filter(group => group.across === 'classes');
  assert.deepEqual([across?.kind, paths(across?.images ?? [])], ['exact', ['1/one.png', '7/same.png']]);
  const near = found.copies.filter(({ kind }) => kind === 'near').map(({ images }) => paths(images));
  assert.ok(near.some(group => group.includes('1/original.png') && group.includes('1/resized.png')));
});

test('a wrong label is suspected, with the right one', () => {
  const wrong = found.suspiciousLabels.find(({ path }) => path === '0/wrong.png');
  assert.equal(wrong?.proposed, '7');
});

test('a photo on which there is nothing is told', () => {
  assert.deepEqual(paths(found.unusual.filter(({ kind }) => kind === 'flat')), ['7/flat.png']);
});

test('the list that is written is one that train takes', async () => {
  assert.match(readFileSync(list, 'utf8'), /^0\/damaged\.jpg$/m);
  const events: PipelineEvent[] = [];
  const { images } = await finetune.train(
    { data, backbone: lite, inputShape: [32, 32], exclude: list },
    { onEvent: event => events.push(event) },
  );
  assert.ok(images < found.images);
  assert.ok(!events.some(({ type }) => type === 'bad-image'));
  assert.ok(events.some(event => event.type === 'notice' && /^Left out by --exclude: /.test(event.message)));
});

test('it refuses to begin where its list would replace one', async () => {
  await assert.rejects(
    finetune.inspect({ data, backbone: lite, writeList: list }),
    /is there already.*--force/,
  );
});

test('the page shows what was found with thumbnails, and needs nothing else', () => {
  const html = readFileSync(page, 'utf8');
  assert.match(html, /7\/same\.png/);
  assert.ok((html.match(/<img src="data:image\/jpeg;base64,/g) ?? []).length > 5);
  assert.doesNotMatch(html, /https?:|<script/);
});
