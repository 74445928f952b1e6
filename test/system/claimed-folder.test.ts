// Folders that this program may do with as it likes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { claimFolder, isClaimed, markName, removeClaimed } from '../../src/system/claimed-folder.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-claimed-'));
after(() => rmSync(root, { recursive: true }));

test('of a working folder only what setup puts there is removed; one of somebody else is not touched', async () => {
  const [own, other] = [join(root, 'own'), join(root, 'other')];
  await claimFolder(own);
  await claimFolder(own);
  mkdirSync(join(own, 'wheels'));
  writeFileSync(join(own, 'notes.txt'), '');
  await removeClaimed(own, ['wheels']);
  assert.deepEqual(readdirSync(own).sort(), ['.finetune-setup', 'notes.txt']);
  rmSync(join(own, 'notes.txt'));
  await removeClaimed(own, ['wheels']);
  assert.equal(existsSync(own), false);

  mkdirSync(join(other, 'wheels'), { recursive: true });
  await assert.rejects(claimFolder(other), /was not made by this program\. Move it away/);
  await removeClaimed(other, ['wheels']);
  assert.ok(existsSync(join(other, 'wheels')) && !isClaimed(other));
});

test('claimed by several at once, a folder is everybody’s', async () => {
  const folder = join(root, 'at-once');
  await Promise.all([1, 2, 3, 4].map(() => claimFolder(folder)));
  assert.ok(isClaimed(folder));
  assert.deepEqual(readdirSync(folder), [markName]);
});

test('a folder with a mark that is not ours is not claimed', async () => {
  const folder = join(root, 'foreign-mark');
  mkdirSync(folder);
  writeFileSync(join(folder, markName), 'mine');
  await assert.rejects(claimFolder(folder), /was not made by this program/);
  assert.ok(!isClaimed(folder));
});
