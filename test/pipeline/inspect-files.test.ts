// What inspect writes, and where it refuses to.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { listHeading, readList } from '../../src/data/image-list.js';
import type { CopyGroup, InspectedImage, Inspection } from '../../src/features/inspection.js';
import { listToLeaveOut, validateTargets, writeFindings } from '../../src/pipeline/inspect-files.js';
import { pageHeading } from '../../src/report/inspect-page.js';
import { silent } from '../../src/system/context.js';
import { sealText } from '../../src/system/seal.js';
import { seven } from '../helpers/library.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-inspect-files-'));
after(() => rmSync(root, { recursive: true }));

const [list, page, foreign, folder, none] = ['list.txt', 'page.html', 'mine.txt', 'folder', 'none'].map(
  name => join(root, name),
);
const edited = join(root, 'edited.txt');

before(() => {
  writeFileSync(list ?? '', `${listHeading}. And so on`);
  writeFileSync(page ?? '', `${pageHeading} And so on`);
  writeFileSync(foreign ?? '', 'My own');
  const sealed = sealText(`${listHeading}\na.jpg\nb.jpg\n`, words => `# ${words}`);
  writeFileSync(edited, sealed.replace('a.jpg\n', ''));
  mkdirSync(folder ?? '');
});

const targets = { data: root, writeList: undefined, html: undefined, force: false };

const allowed: [what: string, given: Partial<typeof targets> | object][] = [
  ['nothing is asked for', {}],
  ['nothing is there', { writeList: none, html: `${none}.html` }],
  [
    'a list and a page of inspect are there, and may be replaced',
    { writeList: list, html: page, force: true },
  ],
];

for (const [what, given] of allowed) {
  test(`it goes on where ${what}`, async () => {
    await validateTargets({ ...targets, ...given });
  });
}

const refused: [what: string, given: object, message: RegExp][] = [
  [
    'a list is there',
    { writeList: list },
    /--write-list .*list\.txt is there already.*--force to replace it/,
  ],
  ['a page is there', { html: page }, /--html .*page\.html is there already.*--force/],
  ['a list was edited', { writeList: edited, force: true }, /edited\.txt was edited since/],
  ['the file is not of inspect', { writeList: foreign, force: true }, /was not written by inspect/],
  ['the list would replace a page', { writeList: page, force: true }, /was not written by inspect/],
  ['the file is a folder', { html: folder, force: true }, /was not written by inspect/],
  [
    'the folder is not there',
    { html: join(root, 'missing/page.html') },
    /--html: the folder .*missing is not/,
  ],
  ['both are one file', { writeList: none, html: `${root}/x/../none` }, /name the same file\. Choose two/],
];

for (const [what, given, message] of refused) {
  test(`it refuses to begin where ${what}`, async () => {
    await assert.rejects(validateTargets({ ...targets, ...given }), { code: 'bad-option', message });
  });
}

const image = (path: string, subset: InspectedImage['subset'] = 'train'): InspectedImage => ({
  ...{ path, label: 'cat', subset },
});
const nothing: Inspection = {
  ...{ data: root, images: 4, classes: [], bad: [], warnings: [], copies: [], backbone: 'vgg16' },
  ...{ suspiciousLabels: [], unusual: [] },
};
const copies = (across: CopyGroup['across']): Partial<Inspection> => ({
  copies: [{ kind: 'near', across, images: [image('train'), image('test', 'test'), image('val', 'val')] }],
});

const found: [what: string, found: Partial<Inspection>, listed: string[]][] = [
  ['files that cannot be read', { bad: [{ path: 'bad', reason: 'an empty file' }] }, ['bad']],
  ['all copies whose classes contradict each other', copies('classes'), ['test', 'val', 'train']],
  ['copies in several subsets, but not one for testing', copies('subsets'), ['val', 'train']],
  ['other copies but one', copies('nothing'), ['val', 'train']],
  [
    'images whose label is doubted',
    { suspiciousLabels: [{ ...image('doubted'), proposed: 'dog', confidence: 0.9 }] },
    ['doubted'],
  ],
  ['flat photos', { unusual: [{ ...image('flat'), kind: 'flat', detail: '' }] }, ['flat']],
  [
    'as a comment, what is only unusual',
    { unusual: [{ ...image('dark'), kind: 'dark', detail: '' }] },
    ['#dark'],
  ],
  [
    'an image once, for the first reason',
    { bad: [{ path: 'flat', reason: '' }], unusual: [{ ...image('flat'), kind: 'flat', detail: '' }] },
    ['flat'],
  ],
];

for (const [what, given, expected] of found) {
  test(`the list holds ${what}`, () => {
    const listed = listToLeaveOut({ ...nothing, ...given });
    assert.deepEqual(
      listed.map(({ path, isOptional = false }) => `${isOptional ? '#' : ''}${path}`),
      expected,
    );
  });
}

test('what is asked for is written: a list that can be read back, a page with thumbnails of what can be read', async () => {
  cpSync(seven, join(root, 'seven.png'));
  const unusual = [
    ...[{ ...image('seven.png'), kind: 'flat', detail: '' } as const],
    ...[{ ...image('mine.txt'), kind: 'dark', detail: '' } as const],
  ];
  const [writeList, html] = [join(root, 'new.txt'), join(root, 'new.html')];
  const written = await writeFindings({ ...nothing, unusual }, { ...targets, writeList, html }, silent);
  assert.deepEqual(written, { list: writeList, page: html });
  assert.deepEqual([...(await readList(writeList))], ['seven.png']);
  const text = readFileSync(html, 'utf8');
  assert.ok(text.startsWith(pageHeading) && text.includes('mine.txt'));
  assert.equal(text.match(/<img /g)?.length, 1);
});

test('where nothing is asked for, or it was stopped, nothing is written', async () => {
  assert.deepEqual(await writeFindings(nothing, targets, silent), { list: undefined, page: undefined });
  const html = join(root, 'stopped.html');
  const stopped = { ...silent, signal: AbortSignal.abort() };
  await assert.rejects(writeFindings(nothing, { ...targets, html }, stopped), { name: 'AbortError' });
  assert.equal(existsSync(html), false);
});
