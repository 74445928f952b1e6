// What has arrived of downloads, and whose it is.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { removeParts, takePart } from '../../src/system/part-place.js';

const root = mkdtempSync(join(tmpdir(), 'finetune-part-place-'));
after(() => rmSync(root, { recursive: true }));

test('a part belongs to one download at a time, and then to the next one', async () => {
  const file = join(root, 'owned/weights.h5');
  const first = await takePart(file, true);
  writeFileSync(first.path, 'first');
  const second = await takePart(file, true);
  assert.equal(existsSync(second.path), false);
  await second.release(true);
  await first.release(true);
  const third = await takePart(file, true);
  assert.equal(readFileSync(third.path, 'utf8'), 'first');
  await third.release(false);
  assert.deepEqual(readdirSync(join(root, 'owned/unfinished')), ['.finetune-setup']);
});

test('what a killed process left of a file is taken over; what is of another file is not', async () => {
  const file = join(root, 'killed/a.h5');
  const part = await takePart(file, true);
  writeFileSync(part.path, 'rest');
  renameSync(part.path, part.path.replace(/\.part\.(\w+)-\d+-\d+/, '.part.$1-999999999-1'));
  assert.equal(existsSync((await takePart(join(root, 'killed/a.h'), true)).path), false);
  assert.equal(readFileSync((await takePart(file, true)).path, 'utf8'), 'rest');
});

test('parts are removed from a folder of our own, and nothing else', async () => {
  const directory = join(root, 'removed');
  const part = await takePart(join(directory, 'a.h5'), true);
  writeFileSync(part.path, 'rest');
  writeFileSync(join(directory, 'unfinished/notes.txt'), 'mine');
  assert.equal((await removeParts(directory)).bytes, 4);
  assert.deepEqual(readdirSync(join(directory, 'unfinished')).sort(), ['.finetune-setup', 'notes.txt']);
  rmSync(join(directory, 'unfinished/.finetune-setup'));
  writeFileSync(join(directory, 'unfinished/a.h5.part'), 'mine');
  assert.deepEqual(await removeParts(directory), { removed: [], bytes: 0 });
});
