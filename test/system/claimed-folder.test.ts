// Folders that this program may do with as it likes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { claimFolder, isClaimed, removeClaimed } from '../../src/system/claimed-folder.js';

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
