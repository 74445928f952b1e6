// Folders that are no data set, or one with something wrong about it.
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { scanDataSet } from '../../src/data/scan.js';
import { folderWith, fourJpegs } from './sample-images.js';

const jpegs = await fourJpegs();

test('warnings name what contradicts, leaks, is missing or lies outside', async t => {
  const root = await folderWith(t, {
    'stray.jpg': jpegs.d,
    'train/cats/a.jpg': jpegs.a,
    'train/dogs/a-again.jpg': jpegs.a,
    'train/dogs/b.jpg': jpegs.b,
    'val/cats/b.jpg': jpegs.b,
    'val/cats/c.jpg': jpegs.c,
  });
  assert.deepEqual((await scanDataSet(root)).warnings, [
    `Images in ${root} itself, outside every class folder, not used: 1, e.g. stray.jpg.`,
    'val/ holds no image of: dogs.',
    'Images in two classes, which contradict each other: 2, e.g. train/cats/a.jpg = train/dogs/a-again.jpg (cats and dogs).',
    'Images in two subsets, so that the accuracy on unseen images is overestimated: 1, e.g. train/dogs/b.jpg = val/cats/b.jpg.',
  ]);
});

test('copies within a class are counted', async t => {
  const root = await folderWith(t, { 'cats/a.jpg': jpegs.a, 'cats/b.jpg': jpegs.a, 'dogs/c.jpg': jpegs.c });
  assert.deepEqual((await scanDataSet(root)).warnings, [
    'Images that exist more than once, kept in one subset: 1, e.g. cats/a.jpg = cats/b.jpg.',
  ]);
});

test('a class folder that holds nothing but a link to a folder is refused with that reason', async t => {
  const elsewhere = await folderWith(t, { 'x.jpg': jpegs.c });
  const root = await folderWith(t, { 'cats/readme.md': '', 'dogs/b.jpg': jpegs.b });
  symlinkSync(elsewhere, join(root, 'cats/more'));
  await assert.rejects(scanDataSet(root), /holds no image.*not followed: 1, e\.g\. cats\/more/);
});

test('one class, or an empty one, can be measured on though not trained on', async t => {
  const root = await folderWith(t, { 'cats/a.jpg': jpegs.a, 'dogs/readme.md': '' });
  await assert.rejects(scanDataSet(root), /Class folder .*dogs holds no image/);
  const { classNames, examples, warnings } = await scanDataSet(root, { purpose: 'measure' });
  assert.deepEqual([classNames, examples.length], [['cats', 'dogs'], 1]);
  assert.deepEqual(warnings, ['Class folders without images: dogs.']);
});

const refused: Record<string, readonly [Record<string, Buffer | string>, RegExp]> = {
  'an empty folder': [{ '.keep': '' }, /^No images in .*\. Expected one sub-folder per class/],
  'folders without images': [{ 'cats/readme.txt': 'x', 'dogs/x.csv': 'y' }, /^No images in /],
  'images without class folders': [
    { 'a.jpg': jpegs.a, 'b.jpg': jpegs.b },
    /^Images but no class folders in .* one class, give the folder above/,
  ],
  'a single class': [{ 'cats/a.jpg': jpegs.a }, /holds one class only: cats\. Expected at least two/],
  'a folder too many above the classes': [
    { 'pets/cats/a.jpg': jpegs.a, 'pets/dogs/b.jpg': jpegs.b },
    /one class only: pets.*pets\/ holds folders itself \(cats, dogs\).*give .*pets/,
  ],
  'an empty class': [
    { 'cats/a.jpg': jpegs.a, 'dogs/readme.txt': 'x', 'foxes/b.jpg': jpegs.b },
    /^Class folder .*dogs holds no image/,
  ],
  'a class of bad images': [
    { 'cats/a.jpg': jpegs.a, 'dogs/b.jpg': 'text' },
    /^Class folder .*dogs holds no image.* Unreadable files: 1, e\.g\. dogs\/b\.jpg: no image/,
  ],
  'a class of val/ that train/ lacks': [
    { 'train/cats/a.jpg': jpegs.a, 'train/dogs/b.jpg': jpegs.b, 'val/wolves/c.jpg': jpegs.c },
    /^val\/wolves\/ is no class of train\/\. Expected only folders named as there: cats, dogs/,
  ],
  'train/ with classes beside a folder that is no side': [
    { 'train/cats/a.jpg': jpegs.a, 'train/dogs/b.jpg': jpegs.b, 'models/c.jpg': jpegs.c },
    /holds train\/ with folders of its own, but also models\/.*move what is neither/,
  ],
  'val/ without train/': [
    { 'val/cats/a.jpg': jpegs.a, 'test/cats/b.jpg': jpegs.b },
    /test\/ and val\/ but no train\//,
  ],
  'val/ and validation/': [
    { 'train/cats/a.jpg': jpegs.a, 'val/cats/b.jpg': jpegs.b, 'validation/cats/c.jpg': jpegs.c },
    /val\/ and validation\/, which mean the same/,
  ],
  'a test/ folder without classes': [
    { 'train/cats/a.jpg': jpegs.a, 'train/dogs/b.jpg': jpegs.b, 'test/1.jpg': jpegs.c },
    /^Images but no class folders in .*test/,
  ],
};

for (const [name, [files, message]] of Object.entries(refused)) {
  test(`${name}: refused with what was expected`, async t => {
    const root = await folderWith(t, files);
    await assert.rejects(scanDataSet(root), { name: 'FinetuneError', code: 'bad-data-set', message });
  });
}

test('a missing folder and a file are refused', async t => {
  const root = await folderWith(t, { file: 'x' });
  await assert.rejects(scanDataSet(join(root, 'nowhere')), { code: 'not-found', message: /^No folder / });
  writeFileSync(join(root, 'photo.jpg'), jpegs.a);
  await assert.rejects(scanDataSet(join(root, 'photo.jpg')), { code: 'bad-data-set', message: /is a file/ });
});
