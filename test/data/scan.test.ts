import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { scanDataSet } from '../../src/data/scan.js';
import { folderWith, fourJpegs, headerOfBmp, quartersImage } from './sample-images.js';

const jpegs = await fourJpegs();

test('a folder per class: classes and images in natural order, labels and content hashes', async t => {
  const root = await folderWith(t, {
    'class10/x.jpg': jpegs.a,
    'class9/img10.jpg': jpegs.b,
    'class9/img2.jpg': jpegs.c,
    'class9/more/y.jpg': jpegs.d,
  });
  const { classNames, examples, bad, warnings } = await scanDataSet(root);
  assert.deepEqual(classNames, ['class9', 'class10']);
  assert.deepEqual(
    examples.map(({ path, label }) => [path, label]),
    [
      ['class9/img2.jpg', 0],
      ['class9/img10.jpg', 0],
      ['class9/more/y.jpg', 0],
      ['class10/x.jpg', 1],
    ],
  );
  assert.equal(examples[3]!.file, resolve(root, 'class10/x.jpg'));
  assert.equal(examples[3]!.hash, createHash('sha256').update(jpegs.a).digest('hex'));
  assert.deepEqual([bad, warnings], [[], []]);
  assert.ok(examples.every(({ subset }) => subset === undefined));
});

test('contents decide what is an image, not names', async t => {
  const png = await quartersImage().png().toBuffer();
  const root = await folderWith(t, {
    'cats/photo.txt': jpegs.a,
    'cats/no-extension': png,
    'cats/README.md': 'Photos of cats.',
    'cats/labels.csv': 'a,b',
    'dogs/1.png': jpegs.b,
    'dogs/text.jpg': 'not a photo',
    'dogs/nothing.jpg': '',
    'dogs/old.bmp': headerOfBmp(),
  });
  const { examples, bad } = await scanDataSet(root);
  assert.deepEqual(
    examples.map(({ path }) => path),
    ['cats/no-extension', 'cats/photo.txt', 'dogs/1.png'],
  );
  assert.deepEqual(bad, [
    { path: 'dogs/nothing.jpg', reason: 'an empty file' },
    { path: 'dogs/old.bmp', reason: 'BMP is not read: convert it to JPEG or PNG' },
    { path: 'dogs/text.jpg', reason: 'no image: its contents are none of JPEG, PNG, WebP, GIF, TIFF' },
  ]);
});

test('hidden files and the litter of archivers are passed over', async t => {
  const root = await folderWith(t, {
    'cats/a.jpg': jpegs.a,
    'cats/._a.jpg': 'litter',
    'cats/.hidden/b.jpg': jpegs.b,
    'dogs/c.jpg': jpegs.c,
    '.git/d.jpg': jpegs.d,
    '__MACOSX/cats/a.jpg': 'litter',
    '$RECYCLE.BIN/S-1-5/a.jpg': 'litter',
    'lost+found/a.jpg': 'litter',
  });
  const { classNames, examples, bad } = await scanDataSet(root);
  assert.deepEqual([classNames, examples.length, bad.length], [['cats', 'dogs'], 2, 0]);
});

test('odd names of folders and files are only names', async t => {
  const names = ['[a-z]', '{x,y}', 'constructor', 'sp ace', '!not', 'ünï'];
  const files = names.map(name => [`${name}/*?.jpg`, jpegs.a]);
  const root = await folderWith(t, Object.fromEntries(files));
  const { classNames, examples } = await scanDataSet(root);
  assert.deepEqual([...classNames].sort(), [...names].sort());
  assert.equal(examples.length, names.length);
});

test('links to folders outside are classes, loops and dead links are harmless', async t => {
  const elsewhere = await folderWith(t, { 'x.jpg': jpegs.c });
  const root = await folderWith(t, { 'cats/a.jpg': jpegs.a, 'dogs/b.jpg': jpegs.b });
  symlinkSync(elsewhere, join(root, 'foxes'));
  symlinkSync(root, join(root, 'cats/loop'));
  symlinkSync('nowhere', join(root, 'dogs/dead.jpg'));
  const { classNames, examples, bad, warnings } = await scanDataSet(root);
  assert.deepEqual(classNames, ['cats', 'dogs', 'foxes']);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^Links to folders inside class folders, not followed: 1, e\.g\. cats\/loop\./);
  assert.deepEqual(
    examples.map(({ path }) => path),
    ['cats/a.jpg', 'dogs/b.jpg', 'foxes/x.jpg'],
  );
  assert.deepEqual(bad, [{ path: 'dogs/dead.jpg', reason: 'no such file' }]);
});

test('a named pipe and a socket are named, and do not hold the scan up', {
  skip: process.platform === 'win32',
}, async t => {
  const root = await folderWith(t, { 'cats/a.jpg': jpegs.a, 'dogs/b.jpg': jpegs.b });
  spawnSync('mkfifo', [join(root, 'cats/pipe.jpg')]);
  const server = createServer().listen(join(root, 'cats/socket.png'));
  t.after(() => server.close());
  await once(server, 'listening');
  const { examples, bad } = await scanDataSet(root);
  assert.equal(examples.length, 2);
  assert.deepEqual(bad, [
    { path: 'cats/pipe.jpg', reason: 'a named pipe, not a file' },
    { path: 'cats/socket.png', reason: 'a socket, not a file' },
  ]);
});

test('a file larger than one chunk is hashed whole', async t => {
  const large = Buffer.concat([jpegs.a, Buffer.alloc(700_000, 1)]);
  const root = await folderWith(t, { 'cats/a.jpg': large, 'dogs/b.jpg': jpegs.b });
  const { examples } = await scanDataSet(root);
  assert.equal(examples[0]!.hash, createHash('sha256').update(large).digest('hex'));
});

for (const name of ['val', 'valid', 'validation', 'Val']) {
  test(`train/ and ${name}/ with a folder per class are the split`, async t => {
    const root = await folderWith(t, {
      'train/cats/a.jpg': jpegs.a,
      'train/dogs/b.jpg': jpegs.b,
      [`${name}/cats/c.jpg`]: jpegs.c,
      [`${name}/dogs/d.jpg`]: jpegs.d,
    });
    const { classNames, examples, warnings } = await scanDataSet(root);
    assert.deepEqual(classNames, ['cats', 'dogs']);
    assert.deepEqual(
      examples.map(({ subset }) => subset),
      ['train', 'train', 'val', 'val'],
    );
    assert.deepEqual(warnings, []);
  });
}

test('train among other names is a class like them', async t => {
  const root = await folderWith(t, { 'train/a.jpg': jpegs.a, 'plane/b.jpg': jpegs.b, 'car/c.jpg': jpegs.c });
  const { classNames, examples } = await scanDataSet(root);
  assert.deepEqual(classNames, ['car', 'plane', 'train']);
  assert.ok(examples.every(({ subset }) => subset === undefined));
});

test('the fingerprint changes with a byte, a name or a label, and with nothing else', async t => {
  const files = { 'cats/a.jpg': jpegs.a, 'dogs/b.jpg': jpegs.b };
  const fingerprint = async (changed: Record<string, Buffer>) =>
    (await scanDataSet(await folderWith(t, changed))).fingerprint;
  const original = await fingerprint(files);
  assert.equal(await fingerprint(files), original);
  const others = [
    { ...files, 'dogs/b.jpg': jpegs.c },
    { 'cats/a.jpg': jpegs.a, 'dogs/c.jpg': jpegs.b },
    { 'cats/a.jpg': jpegs.a, 'cats/b.jpg': jpegs.b, 'dogs/b.jpg': jpegs.b },
  ];
  for (const changed of others) assert.notEqual(await fingerprint(changed), original);
});
