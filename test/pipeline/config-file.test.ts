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

const files: [title: string, content: string, options: object][] = [
  ['JSON after a byte order mark', '\uFEFF{"data": "pets", "val": 0.1}', { data: 'pets', val: 0.1 }],
  ['YAML with comments', '# pets\ndata: pets\nval: 0.1 # a tenth\n', { data: 'pets', val: 0.1 }],
  ['a list of YAML', 'hidden: [256, 128]\n', { hidden: [256, 128] }],
  ['a size', 'input-shape: 64x96\n', { 'input-shape': '64x96' }],
  ['nothing', '', {}],
];

for (const [title, content, options] of files) {
  test(`a file with ${title} gives its options by name`, async () => {
    writeFileSync(config, content);
    assert.deepEqual(await loadConfigFile(config), options);
  });
}

const problems: [title: string, content: string, message: RegExp][] = [
  ['that breaks off', '{"data": ', /it is not YAML: .*line 1/],
  ['with tabs before names', 'data: pets\n\tval: 0.1', /it is not YAML/],
  [
    'that names an option twice',
    'data: pets\ndata: photos',
    /it is not YAML: duplicated mapping key in line 2/,
  ],
  ['with a list', '["data"]', /it holds no options by name/],
  ['with a text', '"data"', /it holds no options by name/],
  ['of more than a mebibyte', `{"data": "${'x'.repeat(2 ** 20)}"}`, /bytes are too many/],
];

for (const [title, content, message] of problems) {
  test(`a file ${title} is refused`, async () => {
    writeFileSync(config, content);
    await assert.rejects(loadConfigFile(config), { code: 'bad-option', message });
  });
}

test('a file that is not there, a folder, a device, and two files are refused', async () => {
  await assert.rejects(loadConfigFile('nowhere.json'), { message: /nowhere\.json: there is no such file/ });
  await assert.rejects(loadConfigFile(tmpdir()), { message: /: it is a folder, not a file\./ });
  await assert.rejects(loadConfigFile('/dev/zero'), { message: /\/dev\/zero: it is a device, not a file\./ });
  await assert.rejects(loadConfigFile(['a', 'b']), { message: /one file is enough/ });
});
