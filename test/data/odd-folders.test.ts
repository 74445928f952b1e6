// Folders as they come: named, nested and filled in ways that no manual foresees.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { readImageFile } from '../../src/data/image-file.js';
import { listImages, resolveImages } from '../../src/data/list-images.js';
import { describeLikeness, nameOfBytes, systemPath } from '../../src/data/names.js';
import { scanDataSet } from '../../src/data/scan.js';
import { checkout } from '../helpers/finetune.js';
import { folderWith, numberedJpeg } from './sample-images.js';

const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map(numberedJpeg));
const jpegs = { a: a!, b: b!, c: c!, d: d! };

const subsetNames = [
  ['training', 'validation', 'testing'],
  ['training_set', 'validation_set', 'test_set'],
  ['Train', 'Dev', 'Test'],
  ['train-data', 'val set', 'test data'],
] as const;

for (const [train, val, held] of subsetNames) {
  test(`${train}/, ${val}/ and ${held}/ are the split`, async t => {
    const root = await folderWith(t, {
      [`${train}/cats/a.jpg`]: jpegs.a,
      [`${train}/dogs/b.jpg`]: jpegs.b,
      [`${val}/cats/c.jpg`]: jpegs.c,
      [`${held}/dogs/d.jpg`]: jpegs.d,
    });
    const { classNames, examples } = await scanDataSet(root);
    assert.deepEqual(classNames, ['cats', 'dogs']);
    const subsetOf = Object.fromEntries(examples.map(({ path, subset }) => [path.split('/')[0], subset]));
    assert.deepEqual(subsetOf, { [train]: 'train', [val]: 'val', [held]: 'test' });
  });
}

test('train/ and test/ with images right inside are two classes, and a warning says so', async t => {
  const root = await folderWith(t, { 'train/a.jpg': jpegs.a, 'test/b.jpg': jpegs.b });
  const { classNames, warnings } = await scanDataSet(root);
  assert.deepEqual(classNames, ['test', 'train']);
  assert.match(
    warnings.join('\n'),
    /^Folders named as subsets, each taken as a class of its name: test\/, train\/\. Expected/,
  );
});

test('test/ with the same classes beside the class folders is no class', async t => {
  const root = await folderWith(t, {
    'cats/a.jpg': jpegs.a,
    'dogs/b.jpg': jpegs.b,
    'test/Cats/c.jpg': jpegs.c,
  });
  await assert.rejects(scanDataSet(root), {
    code: 'bad-data-set',
    message: /holds test\/ with folders of its own, but also cats\/, dogs\/\. Expected either train\//,
  });
});

test('test/ with images right inside, beside class folders, is a class, and a warning says so', async t => {
  const root = await folderWith(t, { 'cats/a.jpg': jpegs.a, 'dogs/b.jpg': jpegs.b, 'Test/c.jpg': jpegs.c });
  const { classNames, warnings } = await scanDataSet(root);
  assert.deepEqual(classNames, ['cats', 'dogs', 'Test']);
  assert.deepEqual(warnings, [
    'Folders named as subsets, each taken as a class of its name: Test/. ' +
      'Expected train/ (and val/, test/) with a folder per class in each, if they are subsets.',
  ]);
});

test('classes that lie a level deeper are told of', async t => {
  const root = await folderWith(t, {
    'group0/daisy/a.jpg': jpegs.a,
    'group0/roses/b.jpg': jpegs.b,
    'group1/tulips/c.jpg': jpegs.c,
  });
  const { classNames, warnings } = await scanDataSet(root);
  assert.deepEqual(classNames, ['group0', 'group1']);
  assert.match(
    warnings.join('\n'),
    /only in folders inside: group0 \(daisy, roses\), group1 \(tulips\)\. Each class folder/,
  );
});

test('a class that is sorted into folders beside one that is not is no reason to warn', async t => {
  const root = await folderWith(t, {
    'cats/2020/a.jpg': jpegs.a,
    'cats/2021/b.jpg': jpegs.b,
    'dogs/c.jpg': jpegs.c,
  });
  assert.deepEqual((await scanDataSet(root)).warnings, []);
});

const alike = {
  'how accents are stored': [
    'A\u0308pfel',
    '\u00c4pfel',
    /differ in how accents are stored \(.*U\+0041 U\+0308.*\)/,
  ],
  case: ['Cats', 'cats', /differ in case\./],
  'a space at the end': ['cats', 'cats ', /"cats" and "cats " differ in spaces\./],
  'a character that cannot be seen': [
    'cats',
    'ca\u200bts',
    /"cats" and "ca\u200bts" differ in characters that cannot be seen \(.*U\+200B.*\)/,
  ],
  'case and spaces': ['Cats ', 'cats', /differ in case, spaces or how accents are stored/],
} as const;

for (const [how, [one, other, message]] of Object.entries(alike)) {
  test(`two classes that differ in ${how} are told of, with the difference`, async t => {
    const root = await folderWith(t, { [`${one}/a.jpg`]: jpegs.a, [`${other}/b.jpg`]: jpegs.b });
    const { classNames, warnings } = await scanDataSet(root);
    assert.equal(classNames.length, 2);
    assert.match(warnings.join('\n'), /^Two classes that look alike/);
    assert.match(warnings.join('\n'), message);
  });
}

test('a class of val/ that train/ has in another case is refused with that difference', async t => {
  const root = await folderWith(t, {
    'train/cats/a.jpg': jpegs.a,
    'train/dogs/b.jpg': jpegs.b,
    'val/Cats/c.jpg': jpegs.c,
  });
  await assert.rejects(
    scanDataSet(root),
    /val\/Cats\/ is no class of train\/.*Its name and "cats" differ in case\./,
  );
});

test('a class folder that is a link to what is not there is told of', {
  skip: process.platform === 'win32',
}, async t => {
  const root = await folderWith(t, { 'cats/a.jpg': jpegs.a, 'dogs/b.jpg': jpegs.b });
  symlinkSync('/nowhere/birds', join(root, 'birds'));
  const message = `Links that lead nowhere, where class folders are: ${join(root, 'birds')}. Remove or mend them.`;
  assert.deepEqual((await scanDataSet(root)).warnings, [message]);
});

test('names that differ plainly are not alike', () => {
  for (const [one, other] of [
    ['cats', 'cat'],
    ['a1', 'a2'],
    ['x', 'x'],
  ] as const)
    assert.equal(describeLikeness(one, other), undefined);
});

test('photos in formats that are not read are counted, each with its reason', async t => {
  const root = await folderWith(t, {
    'cats/a.jpg': jpegs.a,
    'cats/b.ppm': 'P6\n64 48\n255\n...',
    'cats/c.tga': Buffer.from([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 48, 0, 24, 0]),
    'dogs/d.jpg': jpegs.d,
    'dogs/notes.txt': 'P6 is a fine format.',
  });
  assert.deepEqual((await scanDataSet(root)).bad, [
    { path: 'cats/b.ppm', reason: 'PPM is not read: convert it to JPEG or PNG' },
    { path: 'cats/c.tga', reason: 'no image: its contents are none of JPEG, PNG, WebP, GIF, TIFF' },
  ]);
});

test('archives, videos and documents in class folders are told of', async t => {
  const root = await folderWith(t, {
    'cats/a.jpg': jpegs.a,
    'cats/more.zip': 'PK',
    'dogs/b.jpg': jpegs.b,
    'dogs/b.MOV': 'ftypqt',
    'dogs/notes.txt': 'No image.',
  });
  assert.deepEqual((await scanDataSet(root)).warnings, [
    'Archives, videos and documents inside class folders, not looked into: 2, e.g. cats/more.zip. ' +
      'If they hold images, take these out, as JPEG or PNG files.',
  ]);
});

test('names that are no UTF-8 are read, and go back to the bytes that they were', {
  skip: process.platform !== 'linux',
}, async t => {
  const root = await folderWith(t, { 'dogs/b.jpg': jpegs.b });
  const name = (text: string) => Buffer.from(text, 'latin1');
  mkdirSync(Buffer.concat([name(`${root}/`), name('b\xe4ren')]));
  writeFileSync(Buffer.concat([name(`${root}/`), name('b\xe4ren/gr\xf6\xdfe \ud83d.jpg')]), jpegs.a);
  const { classNames, examples, bad } = await scanDataSet(root);
  assert.deepEqual([classNames, bad], [['b\udce4ren', 'dogs'], []]);
  assert.deepEqual(await readImageFile(examples[0]!.file), jpegs.a);
  assert.equal((await listImages(root)).length, 2);
  const [image] = await resolveImages([root]);
  assert.ok(image !== undefined && 'file' in image);
  assert.deepEqual(await readImageFile(image.file), jpegs.a);
});

test('every sequence of bytes comes back from its name', () => {
  for (const bytes of [
    [0x61, 0xe4, 0x62],
    [0xf0, 0x9f, 0x92, 0x80],
    [0xf0, 0x9f, 0x92],
    [0xef, 0xbf, 0xbd, 0xff],
    [0xc3, 0xa4],
    [0x80],
  ]) {
    assert.deepEqual(Buffer.from(systemPath(nameOfBytes(Buffer.from(bytes)))), Buffer.from(bytes));
  }
});

test('a folder inside a class that may not be looked into is told of', {
  skip: process.platform === 'win32',
}, async t => {
  const root = await folderWith(t, {
    'cats/a.jpg': jpegs.a,
    'cats/private/b.jpg': jpegs.b,
    'dogs/c.jpg': jpegs.c,
  });
  openTo(root);
  chmodSync(join(root, 'cats/private'), 0);
  const url = (name: string) => pathToFileURL(join(checkout, `dist/data/${name}.js`)).href;
  const script = `
    const { scanDataSet } = await import(${JSON.stringify(url('scan'))});
    const { listImages } = await import(${JSON.stringify(url('list-images'))});
    const { warnings } = await scanDataSet(${JSON.stringify(root)});
    console.log(JSON.stringify({ warnings, images: await listImages(${JSON.stringify(root)}) }));`;
  // Root may look into everything.
  const options = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    ...options,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  const { warnings, images } = JSON.parse(stdout);
  assert.match(
    warnings.join('\n'),
    /^Folders that cannot be looked into: 1, e\.g\. cats\/private\. Their images are not used/,
  );
  assert.ok(images.includes(join(root, 'cats/private')));
  chmodSync(join(root, 'cats/private'), 0o755);
});

/** A temporary folder, and the one that it lies in, can be looked into by everybody. */
function openTo(folder: string): void {
  for (const path of [folder, dirname(folder)])
    if ((statSync(path).mode & 0o001) === 0) chmodSync(path, 0o755);
}

test('looking through a folder stops when it is told to', async t => {
  const root = await folderWith(t, { 'cats/a.jpg': jpegs.a, 'dogs/b.jpg': jpegs.b });
  await assert.rejects(scanDataSet(root, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});
