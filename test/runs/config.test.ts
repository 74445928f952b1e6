// config.yaml: what repeats a run.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import test from 'node:test';
import { load as loadYaml } from 'js-yaml';
import { resolveOptions } from '../../src/options.js';
import { trainOptions } from '../../src/pipeline/train/options.js';
import { renderConfig } from '../../src/runs/config.js';

const load = (text: string) => Object(loadYaml(text));
const settle = (given: object) => resolveOptions(trainOptions, { data: 'pets', backbone: 'vgg16', ...given });

test('the options of a run, read back, are the same options', () => {
  const options = settle({ inputShape: [64, 96], hidden: [256, 128], val: 0.1, seed: 7 });
  const config = load(renderConfig(options));
  assert.deepEqual(resolveOptions(trainOptions, {}, config), { ...options, data: resolve('pets') });
});

test('where the run went, and how it came there, is no part of it', () => {
  const text = renderConfig(settle({ out: 'runs/mine', force: true, config: 'old.yaml' }));
  assert.doesNotMatch(text, /^(out|force|config):/m);
});

test('paths are absolute, so that it can be repeated from anywhere; names stay names', () => {
  const config = load(renderConfig(settle({ store: 'features', exclude: 'leave-out.txt' })));
  assert.equal(config.data, resolve('pets'));
  assert.equal(config.store, resolve('features'));
  assert.equal(config.exclude, resolve('leave-out.txt'));
  assert.equal(config.backbone, 'vgg16');
  const own = settle({ recipe: 'scratch', backbone: 'package.json' });
  assert.equal(load(renderConfig(own)).backbone, resolve('package.json'));
  assert.equal(load(renderConfig(settle({ backbone: './mine' }))).backbone, resolve('mine'));
});

test('options are named as on the command line', () => {
  assert.match(renderConfig(settle({ inputShape: '64x96' })), /^input-shape:$/m);
});
