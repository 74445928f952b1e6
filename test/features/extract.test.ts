// Features of a split: computed once, then taken from the store; by subset, in memory or batch by batch.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Example, Split } from '../../src/data/data-set.js';
import { mirroredView, originalView } from '../../src/data/image-rules.js';
import type { PipelineEvent } from '../../src/events.js';
import type { Base } from '../../src/features/base.js';
import { countMissing, type Extraction, extractFeatures } from '../../src/features/extract.js';
import { inFloat } from '../../src/features/precision.js';
import type { BaseRuntime } from '../../src/features/runtime.js';
import { silent } from '../../src/system/context.js';
import { twelveBitsInSixteen } from '../data/sample-images.js';
import { checkout } from '../helpers/finetune.js';
import { broken, copyDigits, openBase } from './sample-images.js';

/** As built: its threads run JavaScript. */
const { runOnThreads }: typeof import('../../src/features/pool.js') = await import(
  join(checkout, 'dist/features/pool.js')
);

const folder = mkdtempSync(join(tmpdir(), 'finetune-extract-'));
after(() => rmSync(folder, { recursive: true }));
let base: Base;
let split: Split;
let runtime: BaseRuntime;
const dataSet = { classNames: ['daisy', 'rose'] };

before(async () => {
  mkdirSync(join(folder, 'digits'));
  const examples = copyDigits(join(folder, 'digits'), 24).map(
    (each, i): Example => ({ ...each, label: i % 2 }),
  );
  split = { train: examples.slice(0, 12), val: examples.slice(12, 18), test: examples.slice(18) };
  base = await openBase('avg');
  const precision = inFloat('');
  runtime = { precision, run: work => runOnThreads(base, precision, work) };
});

const extract = (options: Partial<Extraction> = {}, context = silent) =>
  extractFeatures({ base, runtime, dataSet, split, store: join(folder, 'store'), ...options }, context);

test('every image goes through the base once; a bad one is named, and missing from its subset', async () => {
  const events: PipelineEvent[] = [];
  const emit = (event: PipelineEvent) => {
    events.push(event);
  };
  const features = await extract({}, { ...silent, emit });
  assert.deepEqual([features.computed, features.count, features.shape], [23, 23, base.featureShape]);
  assert.deepEqual(
    features.bad.map(({ path }) => path),
    [`${broken}.png`],
  );
  const train = features.subset('train');
  assert.deepEqual(
    train.images.map(({ example }) => example),
    split.train.filter((_, i) => i !== broken),
  );
  assert.deepEqual([...train.labels], [0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1]);
  assert.deepEqual(events.at(-1), { type: 'features', done: 24, total: 24 });
  features.close();
});

test('an image of 12 bits in 16 is named with its values, also when its features come from the store', async () => {
  const file = join(folder, 'twelve.png');
  writeFileSync(file, await twelveBitsInSixteen());
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
  const twelve: Example = { path: 'twelve.png', file, hash, label: 0 };
  for (const computed of [1, 0]) {
    const features = await extract({ split: { ...split, train: [...split.train, twelve] } });
    assert.deepEqual([...features.narrowRanges], [['twelve.png', [0, 4095]]]);
    assert.equal(features.computed, computed);
    features.close();
  }
});

test('what was seen before comes from the store, to the bit, whether it is in memory or read in batches', async () => {
  const dir = join(folder, 'again');
  const first = await extract({ store: dir });
  const [inMemory, streamed] = [
    await extract({ store: dir }),
    await extract({ store: dir, memoryBudget: 1000 }),
  ];
  assert.deepEqual([inMemory.computed, streamed.computed], [0, 0]);
  for (const name of ['train', 'val', 'test'] as const) {
    const expected = first.subset(name);
    const rows = [...expected.labels.keys()];
    assert.deepEqual(inMemory.subset(name).matrix(), expected.matrix());
    assert.equal(streamed.subset(name).matrix(), undefined);
    assert.deepEqual(streamed.subset(name).read(rows), expected.matrix());
    assert.deepEqual(streamed.subset(name).read([2, 0]), expected.read([2, 0]));
  }
  for (const features of [first, inMemory, streamed]) features.close();
});

test('features that are not kept in memory are written to the store as they are computed', async () => {
  const features = await extract({ store: join(folder, 'streamed'), memoryBudget: 1000 });
  assert.equal(features.computed, 23);
  const reference = await extract();
  assert.deepEqual(features.subset('val').read([0, 1]), reference.subset('val').read([0, 1]));
  features.close();
});

test('an image that is seen in two ways has two rows, and the store keeps them apart', async () => {
  const views = { train: [originalView, mirroredView] };
  const features = await extract({ views });
  const train = features.subset('train');
  assert.equal(features.computed, 11);
  assert.equal(train.images.length, 22);
  assert.deepEqual([train.images[0]?.view.key, train.images[1]?.view.key], ['original', 'mirrored']);
  assert.equal(train.images[0]?.example, train.images[1]?.example);
  assert.deepEqual(train.read([0]), (await extract()).subset('train').read([0]));
  assert.notDeepEqual(train.read([0]), train.read([1]));
  assert.equal(features.subset('val').images.length, 6);
});

test('it is known beforehand how many images the store lacks', async () => {
  const { fingerprint } = runtime.precision;
  const store = join(folder, 'counted');
  const empty = { ...split, val: [], test: [] };
  (await extract({ store, split: empty })).close();
  assert.equal(countMissing({ base, split, store }, fingerprint), 24 - 11);
  assert.equal(countMissing({ base, split, store }, 'another precision'), 24);
});

test('a class without a readable training image is an error that names it', async () => {
  const onlyBad = { ...split, train: split.train.filter((_, i) => i % 2 === 0 || i === broken) };
  await assert.rejects(extract({ split: onlyBad }), {
    code: 'bad-data-set',
    message: /Class "rose" has no readable training image/,
  });
});

test('the steps of the work add up to the processor time that it took', async () => {
  const { user, system } = process.cpuUsage();
  const features = await extract({ store: join(folder, 'profile') });
  const used = process.cpuUsage();
  const seconds = (used.user + used.system - user - system) / 1e6;
  const sum = Object.values(features.profile).reduce((total, each) => total + each, 0);
  assert.ok(
    sum > seconds * 0.6 && sum <= seconds * 1.05,
    `${sum} of ${seconds}: ${JSON.stringify(features.profile)}`,
  );
  for (const step of ['start', 'decode', 'base', 'store']) assert.ok((features.profile[step] ?? 0) > 0, step);
});

test('a signal that is aborted ends the work, in the middle of computing and of looking up', async () => {
  const reason = new Error('enough');
  const stop = new AbortController();
  const emit = () => stop.abort(reason);
  await assert.rejects(extract({ store: join(folder, 'stopped') }, { emit, signal: stop.signal }), reason);
  await assert.rejects(extract({}, { ...silent, signal: stop.signal }), reason);
});

test('a photo that is replaced after the folder was looked through is a bad image, and poisons no later training', async () => {
  const store = join(folder, 'replaced');
  const [first, second] = split.train;
  assert.ok(first !== undefined && second !== undefined);
  const original = readFileSync(first.file);
  cpSync(second.file, first.file);
  const replaced = await extract({ store });
  assert.match(JSON.stringify(replaced.bad), new RegExp(`"${first.path}","reason":"changed after`));
  assert.equal(replaced.computed, 22);
  writeFileSync(first.file, original);
  const restored = await extract({ store });
  assert.equal(restored.computed, 1);
  assert.deepEqual(restored.subset('train').matrix(), (await extract()).subset('train').matrix());
});

test('rows of the store that are damaged are computed anew', async () => {
  const store = join(folder, 'damaged');
  const expected = (await extract({ store })).subset('train').matrix();
  const [file = ''] = readdirSync(store, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.rows'),
  );
  const bytes = readFileSync(join(store, file));
  for (let i = 0; i < 40; i++) bytes[64 + ((i * 104_729) % (bytes.length - 64))]! ^= 0xff;
  writeFileSync(join(store, file), bytes);
  const again = await extract({ store });
  assert.ok(again.computed > 0 && again.computed <= 23);
  assert.deepEqual(again.subset('train').matrix(), expected);
  assert.equal((await extract({ store })).computed, 0);
});
