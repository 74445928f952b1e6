// Checkpoints on disk: whole, of this training, or none.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { loadCheckpoint, placeCheckpoint, saveCheckpoint } from '../../src/training/checkpoint.js';
import type { Checkpoint } from '../../src/training/loop.js';

const arrays = (first: number): Float32Array[] => [
  Float32Array.of(first, first / 3),
  Float32Array.of(-first),
];
const checkpoint: Checkpoint = {
  weights: arrays(1),
  optimizer: { steps: 7, slots: [arrays(2), arrays(3)] },
  best: { epoch: 1, weights: arrays(4) },
  history: [{ epoch: 1, loss: 0.5, accuracy: 0.75, valLoss: 0.6, valAccuracy: 0.5, seconds: 1 }],
};
const same = { fingerprint: 'this training', lengths: [2, 1] };

let dir: string;
let path: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  path = join(dir, 'checkpoint.bin');
});
after(() => rm(dir, { recursive: true }));

async function load(expected = same): Promise<{ found: Checkpoint | undefined; warnings: string[] }> {
  const warnings: string[] = [];
  return { found: await loadCheckpoint(path, expected, warning => warnings.push(warning)), warnings };
}

test('A checkpoint comes back to the bit, and nothing else is left beside it', async () => {
  await saveCheckpoint(path, 'an older one', checkpoint);
  await saveCheckpoint(path, same.fingerprint, checkpoint);
  assert.deepEqual(await load(), { found: checkpoint, warnings: [] });
  assert.deepEqual(await readdir(dir), ['checkpoint.bin']);
});

test('Below a file nothing is kept, and nothing found', async () => {
  const below = join(path, 'checkpoints', 'one.bin');
  await writeFile(path, '');
  await assert.rejects(saveCheckpoint(below, same.fingerprint, checkpoint), { code: 'not-written' });
  assert.equal(await loadCheckpoint(below, same, assert.fail), undefined);
});

test('Without a checkpoint there is nothing to say', async () => {
  const found = await loadCheckpoint(join(dir, 'none'), same, assert.fail);
  assert.equal(found, undefined);
});

const others = [
  {
    name: 'other data or options',
    expected: { ...same, fingerprint: 'another' },
    reason: /other data or options/,
  },
  { name: 'another model', expected: { ...same, lengths: [1, 2] }, reason: /does not fit the model/ },
];

for (const { name, expected, reason } of others) {
  test(`A checkpoint of ${name} is not used, and a warning says why`, async () => {
    await saveCheckpoint(path, same.fingerprint, checkpoint);
    const { found, warnings } = await load(expected);
    assert.equal(found, undefined);
    assert.match(warnings.join(), reason);
    assert.match(warnings.join(), /Training starts from the beginning/);
  });
}

const damages: { name: string; damage: (bytes: Buffer) => Buffer }[] = [
  { name: 'cut short', damage: bytes => bytes.subarray(0, -1) },
  { name: 'longer than it says', damage: bytes => Buffer.concat([bytes, Buffer.alloc(4)]) },
  { name: 'empty', damage: () => Buffer.alloc(0) },
  { name: 'without its first line', damage: bytes => bytes.subarray(bytes.indexOf('\n') + 1) },
  {
    name: 'of a later version',
    damage: bytes =>
      Buffer.from(bytes.toString('latin1').replace('"formatVersion":2', '"formatVersion":3'), 'latin1'),
  },
];

for (const { name, damage } of damages) {
  test(`A checkpoint that is ${name} is not used`, async () => {
    await saveCheckpoint(path, same.fingerprint, checkpoint);
    await writeFile(path, damage(await readFile(path)));
    const { found, warnings } = await load();
    assert.equal(found, undefined);
    assert.equal(warnings.length, 1);
  });
}

test('Old checkpoints are removed, and nothing else that lies in a folder of that name', async () => {
  process.env.FINETUNE_CACHE = join(dir, 'mine');
  const folder = join(dir, 'mine/checkpoints');
  const digits = '0123456789abcdef'.repeat(2);
  await mkdir(join(folder, 'epoch-3'), { recursive: true });
  await saveCheckpoint(join(folder, `${digits}.bin`), 'of another training', checkpoint);
  await writeFile(join(folder, `${digits}.json`), '{"--epochs":"3","the engine":"wasm"}');
  const others = ['best.pt', 'notes.json', `${'f'.repeat(32)}.bin`, `${'f'.repeat(32)}.json`];
  for (const name of others) await writeFile(join(folder, name), '{"formatVersion":"of somebody else"}');
  for (const name of await readdir(folder)) await utimes(join(folder, name), 0, 0);
  await placeCheckpoint('this training');
  assert.deepEqual(await readdir(folder), ['epoch-3', ...others].sort());
});
