// The network of a run or a backbone as a session; on other devices: open-model.test.ts.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { loadCard } from '../../src/backbones/card.js';
import { loadNetwork, openOnCpu } from '../../src/runs/open-network.js';
import { checkout } from '../helpers/finetune.js';

const embedded = join(checkout, 'pretrained/efficientnet-lite0');
const card = await loadCard(embedded);
const folder = mkdtempSync(join(tmpdir(), 'finetune-network-'));
after(() => rmSync(folder, { recursive: true }));

test('a network runs on the CPU as its layers say', async () => {
  const session = await openOnCpu(await loadNetwork(embedded, card));
  const { data, shape } = await session.run(new Float32Array(224 * 224 * 3), [1, 224, 224, 3]);
  await session.release();
  assert.deepEqual(shape, [1, 1000]);
  assert.ok(Math.abs(data.reduce((sum, value) => sum + value, 0) - 1) < 1e-4);
});

test('weights that are not those of the card are refused', async () => {
  cpSync(embedded, folder, { recursive: true });
  const shard = join(folder, readdirSync(folder).find(name => name.endsWith('.bin')) ?? '');
  const bytes = readFileSync(shard);
  bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
  writeFileSync(shard, bytes);
  await assert.rejects(loadNetwork(folder, card), { code: 'bad-model' });
});
