import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import { checkPreprocessing } from '../../src/features/preprocessing-check.js';
import type { Network } from '../../src/network/network.js';
import { silent } from '../../src/system/context.js';

const photos = mkdtempSync(join(tmpdir(), 'finetune-check-'));

before(async () => {
  for (const [name, brightness] of [
    ['bright', 140],
    ['dark', 60],
    ['elsewhere', 100],
  ] as const) {
    mkdirSync(join(photos, name));
    for (let i = 0; i < 4; i++) {
      const background = { r: brightness + i, g: brightness, b: brightness - i };
      const image = sharp({ create: { width: 8, height: 8, channels: 3, background } });
      await image.png().toFile(join(photos, name, `${i}.png`));
    }
  }
});

/** Says "bright" for a mean above 0.5 and below 1.5: right for pixels 0..1 alone. */
function network(): Network {
  const inbound = (name: string) => [[[name, 0, 0, {}] as const]];
  const layer = (className: string, name: string, config: object, from?: string) => ({
    class_name: className,
    config: { ...config, name },
    name,
    inbound_nodes: from === undefined ? [] : inbound(from),
  });
  const weight = (name: string, shape: number[], values: number[]) =>
    [name, { name, shape, data: Float32Array.from(values) }] as const;
  const third = 1 / 3;
  return {
    topology: {
      class_name: 'Model',
      config: {
        name: 'brightness',
        layers: [
          layer('InputLayer', 'input', { batch_input_shape: [null, 8, 8, 3] }),
          layer('GlobalAveragePooling2D', 'mean', {}, 'input'),
          layer('Dense', 'steps', { units: 2, activation: 'relu', use_bias: true }, 'mean'),
          layer('Dense', 'classes', { units: 2, activation: 'softmax', use_bias: true }, 'steps'),
        ],
        input_layers: [['input', 0, 0]],
        output_layers: [['classes', 0, 0]],
      },
    },
    weights: new Map([
      weight('steps/kernel', [3, 2], [third, third, third, third, third, third]),
      weight('steps/bias', [2], [-0.5, -1.5]),
      weight('classes/kernel', [2, 2], [20, 0, -60, 0]),
      weight('classes/bias', [2], [-0.5, 0]),
    ]),
  };
}

const card = {
  formatVersion: 1,
  name: 'brightness',
  architecture: 'brightness',
  inputShape: [8, 8, 3],
  preprocessing: preprocessingModes.none,
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  classNames: ['bright', 'dark'],
  source: '',
  licence: '',
} as const;

test('photos of its own classes show which pixels a network takes; folders that are no class of it are left out', async () => {
  const { images, trials } = await checkPreprocessing({ network: network(), card }, photos, silent);
  assert.equal(images, 8);
  assert.deepEqual([trials[0].mode, trials[0].accuracy], ['unit', 1]);
  assert.ok(trials.slice(1).every(({ accuracy }) => accuracy <= 0.5));
});

test('without names of the classes, or photos of them, there is nothing to check with', async () => {
  await assert.rejects(
    checkPreprocessing({ network: network(), card: { ...card, classNames: undefined } }, photos, silent),
    {
      code: 'bad-option',
      message: /say --class-names/,
    },
  );
  const others = { ...card, classNames: ['cat', 'dog'] };
  await assert.rejects(checkPreprocessing({ network: network(), card: others }, photos, silent), {
    code: 'bad-data-set',
    message: /No folder in .* is a class of the network.*cat, dog/,
  });
});

test('a check is stopped between two photos', async () => {
  const stopped = { ...silent, signal: AbortSignal.abort() };
  await assert.rejects(checkPreprocessing({ network: network(), card }, photos, stopped), {
    name: 'AbortError',
  });
});
