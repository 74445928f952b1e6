// The bytes of image files, read in either way.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { readImageFile } from '../../src/data/image-file.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-image-file-'));
after(() => rmSync(dir, { recursive: true }));

const large = join(dir, 'large.jpg');
writeFileSync(large, '');
truncateSync(large, 257 * 2 ** 20);
writeFileSync(join(dir, 'empty.jpg'), '');
writeFileSync(join(dir, 'some.jpg'), 'some bytes');

for (const isCached of [false, true]) {
  const how = isCached ? 'from memory' : 'from disk';
  const refused: Readonly<Record<string, RegExp>> = {
    [large]: /^too large: more than 256 MiB$/,
    [join(dir, 'none.jpg')]: /^no such file$/,
    [dir]: /^a folder, not a file$/,
    '/dev/zero': /^a device, not a file$/,
  };

  test(`a file is read as it is ${how}`, async () => {
    assert.equal((await readImageFile(join(dir, 'some.jpg'), isCached)).toString(), 'some bytes');
    assert.equal((await readImageFile(join(dir, 'empty.jpg'), isCached)).length, 0);
  });

  for (const [path, message] of Object.entries(refused))
    test(`${path.replace(dir, '.')} is refused ${how}`, () =>
      assert.rejects(readImageFile(path, isCached), { code: 'bad-image', message }));
}
