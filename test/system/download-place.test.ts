// Where a download goes when something is there.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { findDownloadPlace } from '../../src/system/download-place.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-download-place-'));
after(() => rmSync(root, { recursive: true }));

async function read(path: string): Promise<string | undefined> {
  const text = readFileSync(path, 'utf8');
  return text.startsWith('right') ? text : undefined;
}

const find = (name: string) => findDownloadPlace(join(root, name), read);

test('a download goes to its name, where it is found again', async () => {
  assert.deepEqual(await find('free.h5'), { path: join(root, 'free.h5'), content: undefined });
  writeFileSync(join(root, 'free.h5'), 'right');
  assert.deepEqual(await find('free.h5'), { path: join(root, 'free.h5'), content: 'right' });
});

test('another file of its name stays, and the download goes beside it', async () => {
  writeFileSync(join(root, 'taken.h5'), 'mine');
  assert.deepEqual(await find('taken.h5'), { path: join(root, 'taken-2.h5'), content: undefined });
  writeFileSync(join(root, 'taken-2.h5'), 'right');
  assert.deepEqual(await find('taken.h5'), { path: join(root, 'taken-2.h5'), content: 'right' });
  assert.equal(readFileSync(join(root, 'taken.h5'), 'utf8'), 'mine');
});
