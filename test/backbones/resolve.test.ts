import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Card } from '../../src/backbones/card.js';
import { saveCard } from '../../src/backbones/card.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import { listBackbones, pretrainedFolders, resolveBackbone } from '../../src/backbones/resolve.js';

const home = process.cwd();
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-resolve-')));

const card = (name: string): Card => ({
  formatVersion: 1,
  name,
  architecture: name,
  inputShape: [224, 224, 3],
  preprocessing: preprocessingModes.tf,
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  source: 'a test',
  licence: 'none',
  sha256: '0'.repeat(64),
});

before(async () => {
  process.chdir(dir);
  await saveCard('pretrained/pets', card('pets'));
  await saveCard('elsewhere/mine', card('mine'));
  await saveCard('clash', card('in the working directory'));
  await saveCard('pretrained/clash', card('in pretrained'));
});

after(async () => {
  process.chdir(home);
  await rm(dir, { recursive: true, force: true });
});

test('a backbone is found as a folder, then in ./pretrained', async () => {
  const found: [string, string, string][] = [
    ['pets', 'pretrained/pets', 'pets'],
    ['elsewhere/mine', 'elsewhere/mine', 'mine'],
    [join(dir, 'elsewhere/mine'), 'elsewhere/mine', 'mine'],
    ['clash', 'clash', 'in the working directory'],
  ];
  for (const [name, folder, cardName] of found) {
    const backbone = await resolveBackbone(name);
    assert.equal(backbone.dir, join(dir, folder));
    assert.equal(backbone.card.name, cardName);
  }
});

test("the last place is the package's own folder", () => {
  const [first, last = '', ...more] = pretrainedFolders();
  assert.deepEqual([first, more], [join(dir, 'pretrained'), []]);
  assert.equal(realpathSync(last), join(home, 'pretrained'));
});

test('a name that is not prepared names what is, and how to prepare it', async () => {
  await assert.rejects(resolveBackbone('vgg16'), {
    code: 'not-prepared',
    message: /vgg16 is not prepared.*clash, pets.*finetune prepare vgg16.*efficientnet-lite0/,
  });
  for (const name of ['', '.', '..', '../pretrained/pets', 'elsewhere']) {
    await assert.rejects(resolveBackbone(name), { code: 'not-prepared' }, name);
  }
  await assert.rejects(resolveBackbone('auto'), { message: /^auto, .* is for finetune train and lr-find/ });
});

test('a name that differs from a prepared one in case or dashes only is told the prepared one', async () => {
  for (const [name, prepared] of [
    ['PETS', 'pets'],
    ['EfficientNet_Lite0', 'efficientnet-lite0'],
  ] as const) {
    await assert.rejects(resolveBackbone(name), {
      code: 'not-prepared',
      message: `There is no backbone ${name}, but ${prepared} is prepared: use \`--backbone ${prepared}\`.`,
    });
  }
});

test('a Keras file is told to be prepared from, also one in a folder', async () => {
  writeFileSync('model.keras', '');
  for (const name of ['model.keras', './elsewhere/Mine.H5']) {
    await assert.rejects(resolveBackbone(name), (error: Error) =>
      error.message.includes(`Run \`finetune prepare --from ${name}\``),
    );
  }
});

test('the folder of a tfjs model without card says how to get one', async () => {
  mkdirSync('web');
  writeFileSync('web/model.json', '{}');
  await assert.rejects(resolveBackbone('web'), {
    code: 'not-prepared',
    message: /no card.json.*finetune prepare --from web/,
  });
});

test('listBackbones names those of the working directory first', async () => {
  const names = (await listBackbones()).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 2), ['clash', 'pets']);
});

test('a card that is no file is told of as that', async () => {
  mkdirSync('folder/card.json', { recursive: true });
  await assert.rejects(resolveBackbone('folder'), {
    code: 'bad-model',
    message: /card\.json is a folder, not a file/,
  });
});
