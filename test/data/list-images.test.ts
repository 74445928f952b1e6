import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readImageFile } from '../../src/data/image-file.js';
import { type NamedImage, resolveImages } from '../../src/data/list-images.js';
import { folderWith, numberedJpeg } from './sample-images.js';

const [first, second] = [await numberedJpeg(1), await numberedJpeg(2)];

const read = async (image: NamedImage) => ('file' in image ? readImageFile(image.file) : image.read());

test('files, folders and globs become images, in the order given', async t => {
  const root = await folderWith(t, {
    'one.jpg': first,
    'album/10.jpg': first,
    'album/9.jpg': second,
    'album/deep/photo': first,
    'album/readme.txt': 'x',
    'album/.hidden.jpg': first,
  });
  const names = async (...args: string[]) =>
    (await resolveImages(args.map(arg => join(root, arg)))).map(({ name }) => name);
  const at = (...paths: string[]) => paths.map(path => join(root, path));
  assert.deepEqual(
    await names('one.jpg', 'album'),
    at('one.jpg', 'album/9.jpg', 'album/10.jpg', 'album/deep/photo'),
  );
  assert.deepEqual(await names('album/*.jpg'), at('album/9.jpg', 'album/10.jpg'));
});

test('an image is read when asked for, byte by byte', async t => {
  const root = await folderWith(t, { 'a[1].jpg': first });
  const [image] = await resolveImages([join(root, 'a[1].jpg')]);
  assert.deepEqual(await read(image!), first);
});

test('what is missing is an input that cannot be read, not the end of everything', async t => {
  const root = await folderWith(t, { 'a.jpg': first, 'empty/readme.txt': 'x' });
  const images = await resolveImages(['a.jpg', 'b.jpg', '*.png', 'empty'].map(arg => join(root, arg)));
  const reasons = await Promise.all(
    images.map(image =>
      read(image).then(
        () => 'read',
        error => error.message,
      ),
    ),
  );
  assert.deepEqual(reasons, ['read', 'no such file', 'no file matches', 'a folder without images']);
  await assert.rejects(read(images[1]!), { name: 'FinetuneError', code: 'bad-image' });
});

test('no image at all is a mistake', async () => {
  await assert.rejects(resolveImages([]), {
    code: 'bad-option',
    message: /^No image given\. Expected files/,
  });
});

test('- is standard input', () => {
  const module = JSON.stringify(new URL('../../src/data/list-images.js', import.meta.url).href);
  const script = `
    const { resolveImages } = await import(${module});
    const [input] = await resolveImages(['-']);
    console.log(input.name, (await input.read()).toString('base64'));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    input: first,
    encoding: 'utf8',
  });
  assert.equal(stdout, `- ${first.toString('base64')}\n`, stderr);
});

test('a named pipe in a folder is told, and not opened, which would wait for ever', async t => {
  const root = await folderWith(t, { 'a.jpg': first });
  assert.equal(spawnSync('mkfifo', [join(root, 'pipe.jpg'), join(root, 'other')]).status, 0);
  for (const arg of [root, join(root, '*.jpg')]) {
    const images = await resolveImages([arg]);
    assert.deepEqual(
      images.map(({ name }) => name),
      [join(root, 'a.jpg'), join(root, 'pipe.jpg')],
    );
    await assert.rejects(read(images[1]!), { code: 'bad-image', message: 'a named pipe, not a file' });
  }
});

test('a link to a folder is told, and not followed, since it may lead in a circle', async t => {
  const root = await folderWith(t, { 'album/a.jpg': first, 'others/b.jpg': second });
  symlinkSync(join(root, 'others'), join(root, 'album/more'));
  const [image, link] = await resolveImages([join(root, 'album')]);
  assert.deepEqual(await read(image!), first);
  assert.equal(link!.name, join(root, 'album/more'));
  await assert.rejects(read(link!), { code: 'bad-image', message: 'a link to a folder, not followed' });
});
