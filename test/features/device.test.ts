// On which device the base runs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Example } from '../../src/data/data-set.js';
import { scanDataSet } from '../../src/data/scan.js';
import type { PipelineEvent } from '../../src/events.js';
import { type Base, loadBase } from '../../src/features/base.js';
import { chooseDevice, type DeviceRequest, precisionOn, takeDevice } from '../../src/features/device.js';
import { inFloat } from '../../src/features/precision.js';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { silent } from '../../src/system/context.js';
import { checkout } from '../helpers/finetune.js';
import { swiftShader, withoutSwiftShader } from '../helpers/swiftshader.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-device-'));
after(() => rmSync(folder, { recursive: true }));
process.env.FINETUNE_CACHE = join(folder, 'cache');

let base: Base;
let examples: readonly Example[];

before(async () => {
  base = await loadBase({
    backbone: join(checkout, 'pretrained/efficientnet-lite0'),
    ...{ inputShape: [32, 32], cut: 'block1a_project_bn', resize: undefined, pooling: 'avg' },
  });
  ({ examples } = await scanDataSet(join(checkout, 'datasets/digits')));
});

const request = (more: Partial<DeviceRequest> = {}): DeviceRequest => ({
  ...{ wanted: 'auto', device: 'auto', train: examples, images: examples, countMissing: () => 600 },
  ...more,
});

async function withWarnings<Result>(work: (context: typeof silent) => Promise<Result>) {
  const warnings: string[] = [];
  const emit = (event: PipelineEvent) => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  return { ...(await work({ ...silent, emit })), warnings };
}

describe('--device auto', () => {
  test('tries nothing on a machine without a GPU', async t => {
    if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
    const choice = await chooseDevice(inFloat(''), { base, request: request() }, silent);
    assert.deepEqual(choice, { name: 'cpu', half: false, trials: {} });
  });

  test('does not start another device for a job of seconds', async () => {
    const work = { base, request: request({ countMissing: () => 10 }), candidates: ['webgpu'] as const };
    const choice = await chooseDevice(inFloat(''), work, silent);
    assert.deepEqual([choice.name, choice.trials], ['cpu', {}]);
    assert.match(choice.reason ?? '', /^about \d+\.\d s on the CPU$/);
  });

  test('takes the device whose features are stored, and the CPU where its own are', async () => {
    const choose = async (stored: string) => {
      const countMissing = (fingerprint: string) => (fingerprint === stored ? 0 : 1e7);
      const work = { base, request: request({ countMissing }), candidates: ['webgpu'] as const };
      return (await chooseDevice(inFloat(''), work, silent)).name;
    };
    assert.equal(
      await choose(precisionOn({ name: 'webgpu', half: false, trials: {} }).fingerprint),
      'webgpu',
    );
    assert.equal(await choose(inFloat('').fingerprint), 'cpu');
  });

  test('stays on the CPU where the other device is slower', { skip: withoutSwiftShader }, async () => {
    Object.assign(process.env, swiftShader);
    const work = { base, request: request({ countMissing: () => 1e7 }), candidates: ['webgpu'] as const };
    const choice = await chooseDevice(inFloat(''), work, silent);
    assert.equal(choice.name, 'cpu');
    assert.match(choice.reason ?? '', /^webgpu \d+\.\d images\/s after \d+\.\d s, features at cosine/);
  });
});

describe('--device webgpu', () => {
  test('says what was measured', { skip: withoutSwiftShader }, async () => {
    Object.assign(process.env, swiftShader);
    const { name, reason, trials } = await takeDevice('webgpu', { base, request: request() }, silent);
    assert.equal(name, 'webgpu');
    assert.match(reason ?? '', /^\d+\.\d images\/s after \d+\.\d s, features at cosine 1\.0000 or better$/);
    assert.ok((trials.webgpu?.cosineMin ?? 0) > 0.999999);
  });

  test('falls back to the CPU with a warning where there is no GPU', async t => {
    if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
    for (const name of Object.keys(swiftShader)) delete process.env[name];
    const { name, warnings } = await withWarnings(context =>
      takeDevice('webgpu', { base, request: request() }, context),
    );
    assert.equal(name, 'cpu');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^--device webgpu cannot be used here.*CPU: webgpu does not start: /);
  });

  test('opens nothing where all features are stored', async () => {
    const work = { base, request: request({ countMissing: () => 0 }) };
    assert.deepEqual(await takeDevice('webgpu', work, silent), {
      ...{ name: 'webgpu', half: true, reason: 'all features are stored', trials: {} },
    });
  });
});

test('half precision has its own name, and its own key in the store', () => {
  const on = (half: boolean) => precisionOn({ name: 'cuda', half, reason: 'fast', trials: {} });
  const { name, fingerprint, reason } = on(true);
  assert.deepEqual([name, fingerprint, reason], ['fp16', 'fp16 on cuda', 'on cuda, fast']);
  assert.deepEqual([on(false).name, on(false).fingerprint], ['fp32', 'fp32 on cuda']);
});

test('a device that ONNX Runtime does not carry here says what it needs', async t => {
  if (process.platform !== 'linux') return t.skip('there may be one');
  await assert.rejects(takeDevice('coreml', { base, request: request() }, silent), {
    code: 'engine-missing',
    message: /^--device coreml needs macOS\. On linux-.* there can be: cpu, (cuda, )?webgpu\. Name one/,
  });
});
