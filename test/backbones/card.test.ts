import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Card } from '../../src/backbones/card.js';
import { loadCard, saveCard } from '../../src/backbones/card.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-card-'));
after(() => rm(dir, { recursive: true, force: true }));

const card: Card = {
  formatVersion: 1,
  name: 'vgg16',
  architecture: 'vgg16',
  inputShape: [224, null, 3],
  preprocessing: preprocessingModes.caffe,
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  classNames: ['cat', 'dog'],
  source: 'https://example.org/vgg16.h5',
  licence: 'CC BY 4.0',
  sha256: 'a'.repeat(64),
};

test('a card is read as it was written, and nothing else is left in the folder', async () => {
  await saveCard(dir, card);
  assert.deepEqual(await loadCard(dir), card);
  assert.deepEqual(readdirSync(dir), ['card.json']);
});

const wrong: [title: string, content: string, message: RegExp][] = [
  [
    'another format version',
    JSON.stringify({ ...card, formatVersion: 2 }),
    /format version 2; this program reads version 1/,
  ],
  ['no object', 'null', /format version/],
  ['no JSON', '{', /is not JSON/],
  ['a size that is none', JSON.stringify({ ...card, inputShape: [0, 224, 3] }), /inputShape\.0/],
  ['five channels', JSON.stringify({ ...card, inputShape: [224, 224, 5] }), /inputShape\.2/],
  [
    'colours for a grey image',
    JSON.stringify({ ...card, inputShape: [224, 224, 1] }),
    /preprocessing\.mean: expected 1 numbers, one per channel, received 3/,
  ],
  [
    'grey for a colour image',
    JSON.stringify({ ...card, preprocessing: { ...card.preprocessing, channelOrder: 'grey' } }),
    /preprocessing\.channelOrder: grey does not go with 3 channels/,
  ],
  [
    'a division by zero',
    JSON.stringify({ ...card, preprocessing: { ...card.preprocessing, std: [0, 1, 1] } }),
    /preprocessing\.std/,
  ],
  [
    'an unknown resize rule',
    JSON.stringify({ ...card, resize: { ...card.resize, method: 'zoom' } }),
    /resize\.method/,
  ],
  ['a checksum that is none', JSON.stringify({ ...card, sha256: '../..' }), /sha256/],
  ['no class', JSON.stringify({ ...card, classNames: [] }), /classNames/],
];
for (const [title, content, message] of wrong) {
  test(`a card with ${title} is refused, and the message says where`, async () => {
    writeFileSync(join(dir, 'card.json'), content);
    await assert.rejects(loadCard(dir), { code: 'bad-model', message });
  });
}

test('a folder without card is no backbone', async () => {
  await assert.rejects(loadCard(join(dir, 'nowhere')), { code: 'bad-model', message: /Cannot read/ });
});
