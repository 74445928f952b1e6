// What a thread makes of a group of photos.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import measurePhotos from '../../src/features/measure-worker.js';
import { broken, copyDigits } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-measure-worker-'));
after(() => rmSync(folder, { recursive: true }));

test('each photo has its traits, or the reason why it has none, in the order of the tasks', async () => {
  const [zero, one, two, cut] = copyDigits(folder, broken + 1);
  assert.ok(zero && one && two && cut);
  const gone = { ...zero, file: join(folder, 'gone.png') };
  const changed = { ...one, hash: two.hash };
  const measured = await measurePhotos([cut, zero, gone, changed, two]);
  assert.deepEqual(
    measured.map(each => ('reason' in each ? 'bad' : each.size)),
    ['bad', [28, 28], 'bad', 'bad', [28, 28]],
  );
  const reasons = measured.flatMap(each => ('reason' in each ? each.reason : []));
  assert.match(reasons.join('; '), /(cut short|damaged).*; no such file; .*changed/);
});
