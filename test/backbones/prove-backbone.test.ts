// What prepare --force may replace.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { loadCard, saveCard } from '../../src/backbones/card.js';
import { proveBackbone } from '../../src/backbones/prove-backbone.js';
import { lite } from '../helpers/library.js';
import { writeFiles } from '../helpers/run-folder.js';

let backbone = '';

beforeEach(() => {
  backbone = join(mkdtempSync(join(tmpdir(), 'finetune-prove-')), 'backbone');
  cpSync(lite, backbone, { recursive: true, filter: path => !/NOTICE|LICENSE/.test(path) });
});

test('a backbone as it was written is proven', async () => {
  await proveBackbone(backbone);
});

const changes: [title: string, change: () => void, reason: RegExp][] = [
  [
    'a photo beside the model',
    () => writeFiles(backbone, { 'cat.jpg': 'photo' }),
    /cat\.jpg is no part of the backbone/,
  ],
  ['a folder of photos', () => writeFiles(backbone, { 'cat/1.jpg': 'photo' }), /cat\/1\.jpg is no part/],
  ['a card that is none', () => writeFiles(backbone, { 'card.json': '{}' }), /card\.json/],
  ['a model that is none', () => writeFiles(backbone, { 'model.json': '{}' }), /model\.json/],
  ['a shard with another byte', damageShard, /sha-256 differs/],
];

for (const [title, change, reason] of changes) {
  test(`a folder with ${title} is not proven`, async () => {
    change();
    await assert.rejects(proveBackbone(backbone), { message: reason });
  });
}

test('a card or a model.json that was edited is not proven', async () => {
  await saveCard(backbone, await loadCard(backbone));
  await proveBackbone(backbone);
  for (const [name, from, to] of [
    ['card.json', 'goldfish', 'my fish'],
    ['model.json', '{', '{ '],
  ] as const) {
    const path = join(backbone, name);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(from, to));
    await assert.rejects(proveBackbone(backbone), { message: /was changed since they were written/ });
    writeFileSync(path, text);
  }
  await proveBackbone(backbone);
});

function damageShard(): void {
  const { weightsManifest } = JSON.parse(readFileSync(join(backbone, 'model.json'), 'utf8'));
  const shard = join(backbone, weightsManifest[0].paths[0]);
  const bytes = readFileSync(shard);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  writeFileSync(shard, bytes);
}
