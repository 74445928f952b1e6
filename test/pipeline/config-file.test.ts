// The file behind --config, and config of the library.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { loadConfigFile } from '../../src/pipeline/config-file.js';

const config = join(mkdtempSync(join(tmpdir(), 'finetune-config-')), 'config.json');

test('without a file there are no options', async () => {
  assert.deepEqual(await loadConfigFile(undefined), {});
});

test('a file holds options by name, also after a byte order mark', async () => {
  writeFileSync(config, '\uFEFF{"data": "pets", "val": 0.1}');
  assert.deepEqual(await loadConfigFile(config), { data: 'pets', val: 0.1 });
});

const problems: [title: string, content: string, message: RegExp][] = [
  ['that breaks off', '{"data": ', /it is not JSON/],
  ['with a list', '["data"]', /it is no object/],
  ['with a text', '"data"', /it is no object/],
  ['of more than a mebibyte', `{"data": "${'x'.repeat(2 ** 20)}"}`, /bytes are too many/],
];

for (const [title, content, message] of problems) {
  test(`a file ${title} is refused`, async () => {
    writeFileSync(config, content);
    await assert.rejects(loadConfigFile(config), { code: 'bad-option', message });
  });
}

test('a file that is not there, and two files, are refused', async () => {
  await assert.rejects(loadConfigFile('nowhere.json'), { message: /nowhere\.json: there is no such file/ });
  await assert.rejects(loadConfigFile(['a', 'b']), { message: /one file is enough/ });
});
