// Fine-tuning from end to end on a few digits: what stays, what moves, what is kept, and going on after a kill.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../../src/events.js';
import { loadLayersModel } from '../../../src/formats/tfjs-layers/layers-model.js';
import type { TrainResult } from '../../../src/runs/save.js';
import { copyDigits, finetune, lite, makeFolder, readRun, trainUntilKilled } from '../../helpers/library.js';

const dir = makeFolder('fine-tune');
const data = join(dir, 'digits');
const out = join(dir, 'run');
const small = {
  ...{ data, out, backbone: lite, inputShape: [32, 32] as const, store: join(dir, 'store'), force: true },
  ...{ val: 0.4, unfreeze: 'block5', epochs: 6, learningRate: 4e-4 },
  // A head on all that is chosen by default is not to be beaten on these few digits.
  ...{ taps: 'block7a_project_bn', mirror: 'no' as const },
};

/** What stays in `out`: one training, of which several tests look at one thing each. */
let trained: TrainResult;

const other = { ...small, out: join(dir, 'other') };

before(async () => {
  process.chdir(dir);
  copyDigits(data, ['3', '5', '8'], 40);
  trained = await finetune.train(small);
});

test('What is unfrozen moves, what lies below the cut stays to the bit, and the run says what it gained', async () => {
  const { head, val, precision } = trained;
  assert.match(precision.reason, /rounding errors of int8/);
  assert.match(
    head.description,
    /above block4c_add trained .*, then a linear head solved .*as for the head alone.* validation images right, \d+ with the head alone/,
  );
  const { cut, kept, before, after, images } = head.tuning as Record<string, number | string | boolean>;
  assert.deepEqual([cut, kept, images], ['block4c_add', true, 52]);
  assert.ok(Number(after) > Number(before));
  assert.ok(Math.abs(val!.accuracy - Number(after) / 52) < 1e-9);
  const [backbone, tuned] = [await loadLayersModel(lite), await loadLayersModel(join(out, 'model'))];
  const layer = (name: string) => name.slice(0, name.indexOf('/'));
  for (const { name, data: values } of tuned.weights.values()) {
    if (name.startsWith('predictions')) continue;
    const same = Buffer.from(values.buffer).equals(Buffer.from(backbone.weights.get(name)!.data.buffer));
    const isAbove = /^(block[5-7]|top)/.test(name);
    assert.equal(same, !isAbove || layer(name).endsWith('bn'), name);
  }
});

test('The saved model predicts as the training did', async () => {
  const { val } = trained;
  const predicted: Record<string, string> = {};
  for await (const each of finetune.predict({ images: [data], model: out })) {
    if (each.label !== undefined) predicted[each.file] = each.label;
  }
  const { split } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  const held = Object.entries(split as Record<string, { subset: string }>).filter(
    ([, { subset }]) => subset === 'val',
  );
  const right = held.filter(([path]) => predicted[join(data, path)] === path.split('/')[0]).length;
  assert.equal(right / held.length, val!.accuracy);
});

test('A tuned part that is no better by more than chance is not kept: the run is that of the head alone', async () => {
  const { taps: _, mirror: __, unfreeze: ___, epochs: ____, learningRate: _____, ...alone } = other;
  const given = { ...alone, unfreeze: 'block7', epochs: 1, learningRate: 1e-6 };
  const { head, val } = await finetune.train(given);
  assert.equal(head.solver, 'lbfgs');
  assert.match(head.description, /above block6d_add was no better by more than chance .* the head stays/);
  assert.equal((head.tuning as { kept: boolean }).kept, false);
  const headOnly = await finetune.train({ ...alone, precision: 'fp32' });
  assert.equal(val!.loss, headOnly.val!.loss);
});

test('A weak head suggests fine-tuning, in run.json too; a tuned network suggests nothing', async () => {
  const { unfreeze: _, epochs: __, learningRate: ___, ...alone } = other;
  const { run, suggestion, val } = await finetune.train({ ...alone, taps: 'none', precision: 'fp32' });
  assert.ok(val!.accuracy < 0.9, `${val!.accuracy}`);
  assert.match(suggestion?.reason ?? '', /^the head's accuracy is 0\.\d\d$/);
  const record = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
  assert.deepEqual([record.suggestion, trained.suggestion], [suggestion, undefined]);
});

test('Views are stored at the cut, once for each image, and the run keeps how they were changed', async () => {
  const events: PipelineEvent[] = [];
  writeFileSync('mine.yaml', 'rotation: {degrees: [-10, 10]}\nblur: {sigma: [0.5, 1], probability: 0.5}\n');
  const given = { ...other, views: 2, augment: 'mine.yaml', epochs: 1 };
  await finetune.train(given, { onEvent: event => void events.push(event) });
  const seen = events.filter(event => event.type === 'features').at(-1);
  // 68 training images in two views each; as they are, all of them are in the store.
  assert.deepEqual(seen, { type: 'features', done: 136, total: 136 });
  // With all that is usual, and where the file is gone.
  assert.match(readFileSync(join(given.out, 'config.yaml'), 'utf8'), /augment:\n +rotation:\n +degrees:/);
});

test('The recipe full trains every layer but batch normalization, on new views in each epoch, and keeps what is better', async () => {
  const { unfreeze: _, ...weak } = other;
  const { head, val } = await finetune.train({ ...weak, recipe: 'full', epochs: 3 });
  assert.match(head.description, /^the whole network trained for 3 epochs, then a linear head solved/);
  const { cut, kept, views, after } = head.tuning as Record<string, number | string | boolean>;
  assert.deepEqual([cut, kept, views], ['input', true, 'new in each epoch']);
  assert.ok(Math.abs(val!.accuracy - Number(after) / 52) < 1e-9);
  const [backbone, tuned] = [await loadLayersModel(lite), await loadLayersModel(join(weak.out, 'model'))];
  for (const [name, { data: values }] of backbone.weights) {
    const same = Buffer.from(values.buffer).equals(Buffer.from(tuned.weights.get(name)!.data.buffer));
    assert.equal(same, /bn\//.test(name), name);
  }
});

test('Killed in the middle, the same command goes on, and ends with the weights of an unbroken training; with time to spare, too', async () => {
  const options = { ...small, out: join(dir, 'killed'), time: '1h' };
  const checkpoints = () => readdirSync(join(process.env.FINETUNE_CACHE ?? '', 'checkpoints'));
  const old = checkpoints();
  trainUntilKilled(options, dir);
  const events: PipelineEvent[] = [];
  const { time } = await finetune.train(options, { onEvent: event => void events.push(event) });
  const amounts = { views: 0, epochs: 6 };
  assert.deepEqual(time, { seconds: 3600, planned: amounts, reached: { epochs: 6 }, leftOut: [] });
  assert.ok(events.some(event => event.type === 'notice' && /Going on after epoch 3/.test(event.message)));
  assert.deepEqual(readRun(join(dir, 'killed')), readRun(out));
  const left = checkpoints().filter(name => !old.includes(name));
  assert.deepEqual(left, []);
});

const mistakes: [given: object, message: RegExp][] = [
  [{ unfreeze: '18', views: 2 }, /Say --unfreeze all in place of it and --unfreeze 18/],
  [
    { unfreeze: 'block5c_dwconv' },
    /Nearest block boundaries: "block5b_add" below it, "block5c_add" above it/,
  ],
  [{ unfreeze: 'conv' }, /--unfreeze conv: expected 1 to \d+ blocks/],
];

test('Too few images to hold some out are refused with what to do about it', async () => {
  copyDigits(join(dir, 'few'), ['3', '5'], 1);
  await assert.rejects(finetune.train({ ...small, data: join(dir, 'few'), val: undefined }), {
    code: 'bad-option',
    message: /none are held out\. Add images, or leave out --unfreeze/,
  });
});

for (const [given, message] of mistakes) {
  test(`${JSON.stringify(given)} is refused`, async () => {
    await assert.rejects(finetune.train({ ...small, ...given }), { code: 'bad-option', message });
  });
}
