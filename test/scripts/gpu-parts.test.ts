// A large file that is carried in parts.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { joinParts, splitFile } from '../../scripts/gpu/parts.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-parts-'));
after(() => rmSync(folder, { recursive: true }));

test('parts are joined once all have arrived; missing and damaged ones are named, and those that came are kept', async () => {
  const [file, carried, kept] = ['whole', 'carried', 'kept'].map(name => join(folder, name));
  assert.ok(file && carried && kept);
  mkdirSync(carried);
  writeFileSync(file, 'abcdefgh');
  const parts = await splitFile(file, folder, 3);
  assert.deepEqual(
    parts.parts.map(part => part.file),
    ['part-1-of-3', 'part-2-of-3', 'part-3-of-3'],
  );
  const target = join(folder, 'joined');
  const join3 = () => joinParts(parts, { from: [carried], kept, target });
  const carry = (part: number) =>
    copyFileSync(join(folder, `part-${part}-of-3`), join(carried, `part-${part}-of-3`));
  carry(1);
  writeFileSync(join(carried, 'part-2-of-3'), 'cut');
  assert.deepEqual(await join3(), { missing: ['part-3-of-3'], damaged: ['part-2-of-3'] });
  rmSync(join(carried, 'part-1-of-3'));
  carry(2);
  carry(3);
  assert.equal(await join3(), undefined);
  assert.equal(readFileSync(target, 'utf8'), 'abcdefgh');
});
