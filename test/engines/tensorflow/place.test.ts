// Where TensorFlow is looked for, and what happens when it is not there or broken.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { startEngine } from '../../../src/engines/start.js';
import { builtDirectory, findBuilt, thisPlatform } from '../../../src/engines/tensorflow/place.js';

beforeEach(() => {
  process.env.FINETUNE_CACHE = mkdtempSync(join(tmpdir(), 'finetune-engine-'));
});

const record = {
  formatVersion: 1,
  tensorflow: '2.21.0',
  bindings: '4.22.0',
  device: 'cpu',
  platform: thisPlatform(),
  bytes: 1,
};

/** An engine whose addon is no library. */
function writeEngine(contents: object): string {
  mkdirSync(builtDirectory(), { recursive: true });
  writeFileSync(join(builtDirectory(), 'engine.json'), JSON.stringify(contents));
  for (const name of ['tfjs_binding.node', 'quiet_loader.node'])
    writeFileSync(join(builtDirectory(), name), 'no library');
  return builtDirectory();
}

test('the engine that setup built lies in the cache directory and says what it is', () => {
  const directory = writeEngine(record);
  assert.deepEqual(findBuilt(directory)?.record, record);
});

for (const [what, change] of Object.entries({
  'another machine': { platform: 'plan9-mips' },
  'another version of this program': { formatVersion: 2 },
})) {
  test(`an engine of ${what} counts as none`, () => {
    assert.equal(findBuilt(writeEngine({ ...record, ...change })), undefined);
  });
}

test('a TensorFlow that does not load gives way to wasm, with the reason and the remedy', async () => {
  const directory = writeEngine(record);
  const { name, description } = await startEngine('auto');
  assert.equal(name, 'wasm');
  assert.ok(description.includes(`TensorFlow in ${directory} does not load`), description);
  assert.match(description, /`finetune setup` mends it/);
});

test('a TensorFlow that is asked for by name and does not load is an error', async () => {
  writeEngine(record);
  await assert.rejects(startEngine('tensorflow'), { code: 'engine-missing', message: /does not load/ });
});
