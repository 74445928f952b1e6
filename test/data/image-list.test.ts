// Lists of images to leave out: what is written is read back, and people may edit it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { readList, renderList } from '../../src/data/image-list.js';
import { scanDataSet } from '../../src/data/scan.js';
import { folderWith, numberedJpeg } from './sample-images.js';

test('what is written is read back, whatever the names; what is optional is a comment', async context => {
  const paths = [
    'a/1.jpg',
    'a/#1.jpg',
    '#b/2.jpg',
    '"c"/3.jpg',
    ' d/4.jpg',
    'e/new\nline.jpg',
    'f/\udcff.jpg',
    'g/é.jpg',
    'i/back\\slash.jpg',
  ];
  const list = renderList([
    ...paths.map(path => ({ path, reason: 'why' })),
    { path: 'h/8.jpg', reason: 'perhaps', isOptional: true },
  ]);
  const folder = await folderWith(context, { list });
  assert.deepEqual([...(await readList(join(folder, 'list')))], paths);
});

test('lists as Windows and people write them are taken', async context => {
  const folder = await folderWith(context, { list: '\uFEFFa\\1.jpg\r\n\r\n# no\r\n./b/2.jpg\rc/3.jpg' });
  assert.deepEqual([...(await readList(join(folder, 'list')))], ['a/1.jpg', 'b/2.jpg', 'c/3.jpg']);
});

const refused: Readonly<Record<string, [content: Buffer | string, message: RegExp]>> = {
  'with an unfinished quote': ['"a/1.jpg', /line 1: a line that begins with a quote/],
  'that is no text': [Buffer.from([0xff, 0xd8, 0, 1]), /not a text/],
};

for (const [what, [content, message]] of Object.entries(refused)) {
  test(`a list ${what} is refused`, async context => {
    const folder = await folderWith(context, { list: content });
    await assert.rejects(readList(join(folder, 'list')), { code: 'bad-option', message });
  });
}

test('a list that is not there is refused', async () => {
  await assert.rejects(readList('nowhere.txt'), {
    code: 'bad-option',
    message: /--exclude nowhere.txt: no such file/,
  });
});

test('a scan passes over what is listed, and tells of entries that name nothing', async context => {
  const folder = await folderWith(context, {
    'data/a/1.jpg': await numberedJpeg(1),
    'data/a/2.jpg': 'damaged',
    'data/b/3.jpg': await numberedJpeg(3),
    list: 'a/2.jpg\na/9.jpg\n',
  });
  const { examples, bad, excluded, warnings } = await scanDataSet(join(folder, 'data'), {
    exclude: join(folder, 'list'),
  });
  assert.deepEqual(
    examples.map(({ path }) => path),
    ['a/1.jpg', 'b/3.jpg'],
  );
  assert.deepEqual([bad.length, excluded], [0, 1]);
  assert.match(warnings.join(), /names 1 file that is not .* e\.g\. a\/9\.jpg/);
});
