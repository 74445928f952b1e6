// What the setup of the tensorflow engine replaces and removes: what it made, by what is in it.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { removeTensorflow } from '../../../../src/engines/tensorflow/setup/install.js';
import {
  isOwnEngine,
  validateReplaceableEngine,
} from '../../../../src/engines/tensorflow/setup/own-folders.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-own-'));
after(() => rmSync(root, { recursive: true }));

/** An engine with a library of ten bytes. */
function makeEngine(directory: string, bytes = 10): string {
  mkdirSync(join(directory, 'tensorflow'), { recursive: true });
  writeFileSync(join(directory, 'tensorflow/library'), '0123456789');
  const platform = `${process.platform}-${process.arch}`;
  const record = {
    ...{ formatVersion: 1, tensorflow: '2', bindings: '4' },
    ...{ device: 'cpu', platform, bytes },
  };
  writeFileSync(join(directory, 'engine.json'), JSON.stringify(record));
  return directory;
}

const engines: [what: string, make: (directory: string) => void, isOwn: boolean][] = [
  ['an engine as it was written', makeEngine, true],
  [
    'an engine beside which somebody has put a file',
    at => writeFileSync(join(makeEngine(at), 'mine'), 'x'),
    false,
  ],
  ['an engine whose library was changed', at => makeEngine(at, 11), false],
  ['a folder of somebody else', at => mkdirSync(join(at, 'photos'), { recursive: true }), false],
  ['a file', at => writeFileSync(at, ''), false],
];

for (const [what, make, isOwn] of engines) {
  test(`${what} is ${isOwn ? '' : 'not '}replaced`, async () => {
    const directory = join(root, what);
    make(directory);
    assert.equal(await isOwnEngine(directory), isOwn);
    const validation = validateReplaceableEngine(directory);
    if (isOwn) await validation;
    else
      await assert.rejects(
        validation,
        /is not as this program wrote it, so it is not replaced\. Move it away/,
      );
  });
}

test('where nothing is, or an empty folder, an engine may go', async () => {
  await validateReplaceableEngine(join(root, 'nowhere'));
  mkdirSync(join(root, 'empty'));
  await validateReplaceableEngine(join(root, 'empty'));
});

test('setup --remove takes an engine away, and leaves what is not as it was written', async t => {
  const { FINETUNE_CACHE } = process.env;
  t.after(() => {
    process.env.FINETUNE_CACHE = FINETUNE_CACHE;
    if (FINETUNE_CACHE === undefined) delete process.env.FINETUNE_CACHE;
  });
  process.env.FINETUNE_CACHE = join(root, 'cache');
  const engine = makeEngine(join(root, 'cache/engines/tensorflow'), 11);
  assert.ok((await removeTensorflow()).kept.includes(engine) && existsSync(engine));
  makeEngine(engine);
  assert.ok((await removeTensorflow()).removed.includes(engine));
  assert.equal(existsSync(engine), false);
});
