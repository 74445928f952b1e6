// A device that fails after it was chosen. WebGPU without a GPU is such a device, whatever an earlier trial said.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { Example } from '../../src/data/data-set.js';
import type { PipelineEvent } from '../../src/events.js';
import type { Base } from '../../src/features/base.js';
import { precisionOn } from '../../src/features/device.js';
import { inFloat } from '../../src/features/precision.js';
import type { BaseRuntime } from '../../src/features/runtime.js';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { silent } from '../../src/system/context.js';
import { checkout } from '../helpers/finetune.js';
import { copyDigits, openBase } from './sample-images.js';

/** As built: threads run JavaScript. */
const built = <Module>(path: string): Promise<Module> => import(join(checkout, 'dist/features', path));
const { runOnThreads } = await built<typeof import('../../src/features/pool.js')>('pool.js');
const { DeviceFailure, runOnDevice } =
  await built<typeof import('../../src/features/run-on-device.js')>('run-on-device.js');
const { extractOrFallBack } =
  await built<typeof import('../../src/features/extract-or-fall-back.js')>('extract-or-fall-back.js');

const root = mkdtempSync(join(tmpdir(), 'finetune-fall-back-'));
const device = { name: 'webgpu', half: false, trials: {} } as const;
let examples: Example[];
let base: Base;
let hasGpu: boolean;

before(async () => {
  process.env.FINETUNE_CACHE = join(root, 'cache');
  mkdirSync(join(root, 'digits'));
  examples = copyDigits(join(root, 'digits'), 6);
  base = await openBase('avg');
  hasGpu = (await listLikelyDevices()).length > 0;
});

const onCpu = (): BaseRuntime => ({
  precision: inFloat(''),
  run: work => runOnThreads(base, inFloat(''), work),
});

const onDevice = (): BaseRuntime => ({
  device,
  precision: precisionOn(device),
  run: work => runOnDevice(device, base, work),
});

const extraction = (runtime: BaseRuntime, store: string) => ({
  ...{ base, runtime, store: join(root, store), dataSet: { classNames: ['a'] } },
  split: { train: examples.map(example => ({ ...example, label: 0 })), val: [], test: [] },
});

test('the CPU gives the same features as without the device, and a warning says why', async t => {
  if (hasGpu) return t.skip('this machine has a GPU');
  const messages: string[] = [];
  const emit = (event: PipelineEvent) => {
    if (event.type === 'warning') messages.push(event.message);
  };
  const { features, runtime } = await extractOrFallBack(
    extraction(onDevice(), 'fell-back'),
    async () => onCpu(),
    { ...silent, emit },
  );
  const expected = await extractOrFallBack(extraction(onCpu(), 'cpu'), async () => onCpu(), silent);
  assert.deepEqual([runtime.device?.name, runtime.precision.name], ['cpu', 'fp32']);
  assert.match(runtime.device?.reason ?? '', /^webgpu failed: webgpu does not start: /);
  assert.match(messages.join(), /^webgpu failed, so the base runs on the CPU: webgpu does not start: /);
  const rows = (from: typeof features) =>
    from.subset('train').read([...from.subset('train').labels].map((_, i) => i));
  assert.deepEqual(await rows(features), await rows(expected.features));
  features.close();
  expected.features.close();
});

test('what is not the fault of a device is not hidden', async () => {
  const broken: BaseRuntime = {
    precision: inFloat(''),
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    async *run() {
      throw new Error('a bug');
    },
  };
  const extracted = extractOrFallBack(extraction(broken, 'bug'), async () => onCpu(), silent);
  await assert.rejects(extracted, (error: unknown) => !(error instanceof DeviceFailure));
});
