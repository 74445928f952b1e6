// In which precision the base runs, and what becomes of that decision.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Example } from '../../src/data/data-set.js';
import { scanDataSet } from '../../src/data/scan.js';
import type { PipelineEvent } from '../../src/events.js';
import { type Base, loadBase } from '../../src/features/base.js';
import { estimateWork, type PrecisionRequest, resolvePrecision } from '../../src/features/precision.js';
import { recall, remember } from '../../src/features/precision-memory.js';
import { silent } from '../../src/system/context.js';
import { checkout } from '../helpers/finetune.js';

const root = join(checkout, 'datasets/digits');
const folder = mkdtempSync(join(tmpdir(), 'finetune-precision-'));
after(() => rmSync(folder, { recursive: true }));

let base: Base;
let images: readonly Example[];

before(async () => {
  base = await loadBase({
    backbone: join(checkout, 'pretrained/efficientnet-lite0'),
    ...{ inputShape: [32, 32], cut: undefined, resize: undefined, pooling: 'avg' },
  });
  ({ examples: images } = await scanDataSet(root));
});

let caches = 0;
const useNewCache = () => {
  process.env.FINETUNE_CACHE = join(folder, `cache-${caches++}`);
};

async function resolve(request: Partial<PrecisionRequest>) {
  const events: PipelineEvent[] = [];
  const wanted = { wanted: 'auto', train: images, images, countMissing: () => images.length } as const;
  const context = { ...silent, emit: (event: PipelineEvent) => void events.push(event) };
  const precision = await resolvePrecision(base, { ...wanted, ...request }, context);
  return { ...precision, events, tried: events.some(({ type }) => type === 'precision') };
}

describe('--precision auto', () => {
  test('counts every image and its decoding when it says how long they take', () => {
    const effort = { base: 0.02, decode: 0.03, processors: 2 };
    assert.deepEqual(estimateWork(600, effort), {
      isWorthTrials: false,
      description: '600 images take about 15.0 s, decoding included',
    });
    assert.equal(estimateWork(1500, effort).isWorthTrials, true);
  });

  test('stays in float for few images, and tries int8 once the folder has grown', async () => {
    useNewCache();
    const few = await resolve({});
    assert.match(few.reason, /^600 images take about \d+\.\d s, decoding included; int8 would not pay$/);
    assert.deepEqual([few.name, few.tried], ['fp32', false]);
    assert.equal((await resolve({ countMissing: () => 1e7 })).tried, true);
  });

  test('does not ask how long nothing takes', async () => {
    useNewCache();
    const { name, reason, tried } = await resolve({ countMissing: () => 0 });
    assert.deepEqual([name, reason, tried], ['fp32', 'all features are stored in fp32', false]);
  });

  test('does not try again what was refused, before there is ten times as much to do', async () => {
    useNewCache();
    const refusal = { reason: 'int8 0.90 times as fast', trials: [], images: 1e6, measuredAt: Date.now() };
    await remember(base, { calibrations: [], refusal }, silent);
    const again = await resolve({ countMissing: () => 2e6 });
    assert.deepEqual([again.reason, again.tried], [refusal.reason, false]);
    assert.equal((await resolve({ countMissing: () => 1e7 })).tried, true);
  });

  test('takes the precision in which the features are stored', async () => {
    useNewCache();
    const { fingerprint } = await resolve({ wanted: 'int8' });
    const { calibrations } = await recall(base);
    const worthwhile = calibrations.map(known => ({ ...known, worthwhile: true, speedup: 2 }));
    await remember(base, { calibrations: worthwhile }, silent);
    const storedIn = (precision: string) => (asked: string) => (asked === precision ? 10 : images.length);
    assert.equal((await resolve({})).name, 'int8');
    assert.equal((await resolve({ countMissing: storedIn(fingerprint) })).name, 'int8');
    const float = await resolve({ countMissing: storedIn('winograd') });
    assert.deepEqual([float.name, float.reason], ['fp32', 'most features are stored in fp32']);
  });
});

describe('--precision int8', () => {
  test('keeps its calibration while the data set grows: stored features stay valid', async () => {
    useNewCache();
    const [half, others] = [images.slice(0, 400), images.slice(400)];
    const first = await resolve({ wanted: 'int8', train: half, images: half });
    const grown = await resolve({ wanted: 'int8' });
    assert.deepEqual([first.tried, grown.tried], [true, false]);
    assert.equal(grown.fingerprint, first.fingerprint);
    const unlike = await resolve({ wanted: 'int8', train: others, images: others });
    assert.equal(unlike.tried, true);
    assert.notEqual(unlike.fingerprint, first.fingerprint);
    assert.equal((await resolve({ wanted: 'int8', images: half })).fingerprint, first.fingerprint);
  });

  test('needs two images to calibrate on', async () => {
    useNewCache();
    const one = images.slice(0, 1);
    await assert.rejects(resolve({ wanted: 'int8', train: one, images: one }), {
      code: 'bad-data-set',
      message: /needs at least 2 readable training images.*received 1\.$/,
    });
  });

  test('costs a warning, not the training, where it cannot be remembered', async () => {
    process.env.FINETUNE_CACHE = join(folder, 'a-file');
    writeFileSync(process.env.FINETUNE_CACHE, '');
    const { name, events } = await resolve({ wanted: 'int8' });
    assert.equal(name, 'int8');
    const warnings = events.flatMap(event => (event.type === 'warning' ? event.message : []));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /precision is not remembered.*a-file.*FINETUNE_CACHE/);
  });

  test('stops between trials when it is told to', async () => {
    useNewCache();
    const context = { ...silent, signal: AbortSignal.abort(new Error('enough')) };
    const request = { wanted: 'int8', train: images, images, countMissing: () => 1 } as const;
    await assert.rejects(resolvePrecision(base, request, context), /enough/);
  });
});

test('--precision fp32 measures nothing', async () => {
  const { name, reason, tried } = await resolve({ wanted: 'fp32' });
  assert.deepEqual([name, reason, tried], ['fp32', 'as asked for', false]);
});
