import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { findInCatalogue } from '../../src/backbones/catalogue.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import type { PipelineEvent } from '../../src/events.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { removeTop } from '../../src/network/cut.js';
import { outputShape } from '../../src/network/walk.js';
import { type PrepareOptions, prepare as prepareBackbone } from '../../src/pipeline/prepare.js';
import { summary } from '../../src/pipeline/summary.js';
import { flipByte } from '../data/sample-images.js';
import { writeMadeUpWeights } from '../helpers/made-up-weights.js';
import { saveSmallBackbone } from '../helpers/small-backbone.js';
import { writeTeachableMachine } from '../helpers/tfjs-folders.js';
import { answering, startServer } from '../helpers/unruly-server.js';

const home = process.cwd();
const embedded = join(home, 'pretrained/efficientnet-lite0');
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-prepare-')));
const name = 'mobilenet_v2_0.35';
const weights = join(dir, 'weights.h5');
const cached = join(
  dir,
  'cache/downloads/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5',
);
let events: PipelineEvent[] = [];

before(async () => {
  process.chdir(dir);
  process.env.FINETUNE_CACHE = join(dir, 'cache');
  await writeMadeUpWeights(
    weights,
    findInCatalogue(name)!.plan({ inputSize: [224, 224], includeTop: false }),
  );
});

after(async () => {
  process.chdir(home);
  await rm(dir, { recursive: true, force: true });
});

function prepare(options: PrepareOptions) {
  events = [];
  return prepareBackbone(options, { onEvent: event => void events.push(event) });
}

/** Nothing that looks prepared, and no temporary folder either. */
function assertNothingAt(folder: string): void {
  assert.equal(existsSync(folder), false);
  const parent = join(folder, '..');
  const left = existsSync(parent) ? readdirSync(parent) : [];
  assert.deepEqual(
    left.filter(entry => entry.startsWith('.')),
    [],
  );
}

test('a published network is downloaded, with progress, and prepared under its name', async () => {
  await using server = await startServer(readFileSync(weights));
  const { dir: prepared, card, bytes } = await prepare({ name, url: server.url });
  assert.equal(prepared, join(dir, 'pretrained', name));
  assert.deepEqual(card.inputShape, [224, 224, 3]);
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
  assert.equal(card.architecture, name);
  assert.equal(card.source, server.url);
  assert.equal(card.classNames, undefined);
  const network = await loadLayersModel(prepared);
  assert.deepEqual(outputShape(network), [7, 7, 1280]);
  assert.equal(
    bytes,
    [...network.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0),
  );
  const progress = events.filter(event => event.type === 'download').at(-1);
  const { length } = readFileSync(weights);
  assert.deepEqual(progress, { type: 'download', source: server.url, done: length, total: length });
});

test('what is prepared already is left as it is; --force does it again, from the cache', async () => {
  await using server = await startServer(Buffer.alloc(0), answering(500));
  const card = join(dir, 'pretrained', name, 'card.json');
  const before = readFileSync(card, 'utf8');
  assert.equal((await prepare({ name, url: server.url })).bytes, undefined);
  assert.equal(readFileSync(card, 'utf8'), before);
  assert.ok((await prepare({ name, url: server.url, force: true })).bytes! > 1e6);
  assert.deepEqual(server.ranges, []);
});

test('--weights takes the published file from disk; --out puts the backbone elsewhere', async () => {
  const { dir: prepared, card } = await prepare({ name, weights, out: 'mine' });
  assert.equal(prepared, join(dir, 'mine'));
  assert.equal(card.source, 'weights.h5');
});

test('--cut and --input-shape leave out what lies above, and the name says so', async () => {
  const cut = 'block_6_expand_relu';
  const prepared = await prepare({ name, weights, cut, inputShape: [193, 257] });
  assert.equal(prepared.dir, join(dir, `pretrained/${name}-${cut}-193x257`));
  assert.deepEqual(prepared.card.inputShape, [193, 257, 3]);
  const network = await loadLayersModel(prepared.dir);
  assert.deepEqual(outputShape(network), [25, 33, 96]);
  const whole = await loadLayersModel('mine');
  for (const [key, weight] of network.weights) assert.deepEqual(weight, whole.weights.get(key));
  const { rows } = await summary({ network: prepared.card.name });
  assert.deepEqual([rows.at(-1)!.name, rows.at(-1)!.outputShape], [cut, '(None, 25, 33, 96)']);
});

test("--cut takes the class names of a model of one's own off with its top", async () => {
  const { card } = await prepare({ from: embedded, name: 'low', cut: 'block3b_add', inputShape: [64, 96] });
  assert.deepEqual(card.inputShape, [64, 96, 3]);
  assert.equal(card.resize.method, 'crop');
  assert.deepEqual([card.classNames, card.featureLayer], [undefined, undefined]);
});

test('a download that is not what was published prepares nothing, and the message says what else to do', async () => {
  await using server = await startServer(readFileSync(weights));
  await assert.rejects(prepare({ name: 'vgg16', url: server.url }), {
    code: 'download-failed',
    message: /expected are 58889256.*finetune prepare vgg16 --weights FILE.*HTTPS_PROXY.*efficientnet-lite0/s,
  });
  assertNothingAt(join(dir, 'pretrained/vgg16'));
});

test('a file without published checksum that cannot be read is not kept in the cache', async () => {
  await rm(cached);
  await using server = await startServer(Buffer.from('<html>Please log in</html>'));
  await assert.rejects(prepare({ name, url: server.url, force: true }), { message: /is a web page/ });
  assert.equal(existsSync(cached), false);
  assert.ok(existsSync(join('pretrained', name, 'card.json')), 'what was prepared before is still there');
});

test('one that was in the cache before is not known to be ours: it stays, and the message names it', async () => {
  writeFileSync(cached, 'my own notes');
  await assert.rejects(prepare({ name, force: true }), {
    message: /To have it downloaded again, move .*_no_top\.h5 away/,
  });
  assert.equal(readFileSync(cached, 'utf8'), 'my own notes');
  await rm(cached);
});

test('weights of another network prepare nothing', async () => {
  await assert.rejects(prepare({ name: 'squeezenet', weights }), { code: 'bad-weights' });
  assertNothingAt(join(dir, 'pretrained/squeezenet'));
});

test('a prepared backbone or a run can be prepared again, smaller, and the loss is measured', async () => {
  const { card, bytes, change } = await prepare({ from: embedded, name: 'small', quantize: 'uint8' });
  assert.equal(card.name, 'small');
  assert.equal(card.classNames!.length, 1000);
  assert.equal(card.resize.method, 'crop');
  assert.ok(bytes! < 5.2e6, `${bytes} bytes`);
  assert.ok(change!.cosineLowest > 0.5 && change!.cosineLowest < 1, JSON.stringify(change));
  assert.ok(change!.largest > 0 && change!.cosineMean >= change!.cosineLowest);
});

test('a backbone whose weights were changed since it was prepared is not prepared again', async () => {
  const damaged = await saveSmallBackbone(join(dir, 'damaged'), 'damaged');
  const shard = join(damaged, 'group1-shard1of1.bin');
  writeFileSync(shard, flipByte(readFileSync(shard), 0.5));
  await assert.rejects(prepare({ from: damaged, name: 'again' }), {
    code: 'bad-model',
    message: /sha-256 differs/,
  });
});

test('--preprocessing overrides what is known', async () => {
  const { card } = await prepare({ from: embedded, name: 'other', preprocessing: 'tf' });
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
});

test('a model that resizes and rescales its pixels itself gets them as they are', async () => {
  const { card } = await prepare({ from: join(home, 'test/fixtures/keras/keras2_augmented.h5') });
  assert.deepEqual(card.preprocessing, preprocessingModes.none);
});

test('a Teachable Machine export brings its class names and leaves its head', async () => {
  const teachable = join(dir, 'teachable');
  await writeTeachableMachine(teachable);
  const { dir: prepared, card } = await prepare({ from: teachable });
  assert.deepEqual(card.classNames, ['Class 1', 'Class 2']);
  assert.deepEqual(card.preprocessing, preprocessingModes.tf);
  assert.equal(card.resize.method, 'crop');
  const base = removeTop(await loadLayersModel(prepared), card);
  assert.deepEqual(outputShape(base), [14, 14, 16]);
});

const mistakes: [title: string, request: PrepareOptions, message: RegExp][] = [
  [
    'an unknown network',
    { name: 'alexnet' },
    /Unknown network alexnet. Expected one of: vgg16, vgg19, .*--from FILE/,
  ],
  ['a file that is not there', { from: 'nowhere.keras' }, /nowhere.keras is not there/],
  ['a name that is a path', { from: embedded, name: '../evil' }, /cannot name a backbone/],
  [
    '--from with --include-top',
    { from: embedded, includeTop: true },
    /--include-top is for published networks/,
  ],
  ['--class-names without classes', { name: 'vgg16', classNames: 'a,b' }, /--class-names .* --include-top/],
  ['--check without classes', { name: 'vgg16', check: 'pets' }, /--check .* with --include-top/],
  ['--check with --preprocessing', { from: embedded, check: 'pets', preprocessing: 'tf' }, /leave --prep/],
  ['--url with --weights', { name, url: 'http://x', weights }, /exclude each other/],
  [
    'an unknown preprocessing',
    { from: embedded, name: 'x', preprocessing: 'y' as never },
    /--preprocessing expects caffe .* Received: "y"/,
  ],
  [
    'another size with the top, before anything is downloaded,',
    { name: 'vgg16', includeTop: true, inputShape: [640, 480] },
    /With its top, "vgg16" takes images of exactly 224x224. Received: 640x480/,
  ],
  ['a size below 32', { name: 'vgg16', inputShape: [31, 480] }, /at least 32x32.* Received: 31x480/],
  ['an unknown layer to cut at', { name: 'vgg16', cut: 'fc1' }, /no layer "fc1". Its layers: .*block5_pool/],
  ['a folder that is taken', { from: embedded, name: 'small' }, /small exists already.*--force/],
  ['a folder of something else', { name: 'vgg16', out: 'cache' }, /cache exists already/],
];
for (const [title, request, message] of mistakes) {
  test(`${title} is refused`, async () => {
    await assert.rejects(prepare(request), { name: 'FinetuneError', message });
  });
}

test('a file that breaks off in the middle leaves nothing', async () => {
  writeFileSync('half.h5', readFileSync(weights).subarray(0, 800_000));
  await assert.rejects(prepare({ name: 'squeezenet', weights: 'half.h5' }), { code: 'bad-weights' });
  assertNothingAt(resolve('pretrained/squeezenet'));
});

test('prepare stops where its signal says so, and leaves nothing', async () => {
  const stop = new AbortController();
  const out = join(dir, 'stopped');
  const onEvent = () => stop.abort();
  const preparing = prepareBackbone({ from: embedded, name: 'own', out }, { onEvent, signal: stop.signal });
  await assert.rejects(preparing, { name: 'AbortError' });
  assertNothingAt(out);
});
