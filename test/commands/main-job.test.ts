// The main job as a user runs it: train on real digits, predict, evaluate.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { checkout, makeWorkplace } from '../helpers/finetune.js';

const workplace = makeWorkplace();
const digits = join(workplace.dir, 'digits');
const train = ['train', '--data', 'digits', '--backbone', 'efficientnet-lite0', '--input-shape', '64x64'];

/** Where it is not the point which features are chosen. */
const quick = [...train, '--taps', 'none', '--mirror', 'no'];

before(() => {
  cpSync(join(checkout, 'datasets/digits'), digits, { recursive: true });
});

test('train makes a whole run, and says on stdout what it learnt', () => {
  const { status, stdout, stderr } = workplace.run([...train, '--json']);
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout);
  assert.equal(result.classNames.length, 10);
  assert.equal(result.images, 600);
  assert.equal(result.computed, 600);
  assert.ok(result.val.accuracy > 0.7, `validation accuracy ${result.val.accuracy}`);
  assert.match(stderr, /Next: finetune predict/);
  const files = readdirSync(join(workplace.dir, 'runs/digits')).sort();
  assert.deepEqual(files, ['config.yaml', 'history.jsonl', 'model', 'model.onnx', 'run.json']);
});

test('a second run on the same images runs no base, and gives the same model to the bit', () => {
  const result = JSON.parse(workplace.run([...train, '--json']).stdout);
  assert.equal(result.run, join(workplace.dir, 'runs/digits-2'));
  assert.equal(result.computed, 0);
  const bytesOf = (run: string) => readFileSync(join(workplace.dir, 'runs', run, 'model.onnx'));
  assert.ok(bytesOf('digits').equals(bytesOf('digits-2')));
});

test('the config of a run repeats it: the same model to the bit', () => {
  const { status, stderr, stdout } = workplace.run([
    'train',
    '--config',
    'runs/digits/config.yaml',
    '--json',
  ]);
  assert.equal(status, 0, stderr);
  const bytesOf = (run: string) => readFileSync(join(run, 'model.onnx'));
  assert.ok(bytesOf(JSON.parse(stdout).run).equals(bytesOf(join(workplace.dir, 'runs/digits'))));
});

test('a bad image is named with its reason, stops nothing, and is no part of the result', () => {
  const broken = join(digits, '0', 'broken.png');
  cpSync(join(digits, '0', readdirSync(join(digits, '0'))[0]!), broken);
  truncateSync(broken, 200);
  const { status, stdout, stderr } = workplace.run([...quick, '--json', '--out', 'runs/with-bad']);
  assert.equal(status, 0);
  assert.match(stderr, /0\/broken\.png/);
  const result = JSON.parse(stdout);
  assert.equal(result.badImages, 1);
  assert.equal(result.images, 600);
  const record = JSON.parse(readFileSync(join(workplace.dir, 'runs/with-bad/run.json'), 'utf8'));
  assert.equal(record.bad[0].path, '0/broken.png');
  assert.equal(Object.keys(record.split).length, 600);
  assert.ok(!('0/broken.png' in record.split));
});

test('predict names every readable image, reports the others, and exits 1 for them', () => {
  writeFileSync(join(workplace.dir, 'not-an-image.jpg'), 'hello');
  const seven = join(checkout, 'datasets/digits-unseen/7.png');
  const { status, stdout, stderr } = workplace.run([
    'predict',
    seven,
    'not-an-image.jpg',
    '--json',
    '--model',
    'runs/digits',
  ]);
  assert.equal(status, 1);
  assert.match(stderr, /not-an-image\.jpg/);
  const lines = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.equal(lines.length, 2);
  assert.equal(lines[0].top.length, 5);
  assert.equal(lines[0].label, lines[0].top[0].label);
  assert.match(lines[1].error, /./);
});

test('predict reads an image from standard input', () => {
  const seven = readFileSync(join(checkout, 'datasets/digits-unseen/7.png'));
  const { status, stdout } = workplace.run(['predict', '-', '--csv', '--model', 'runs/digits'], seven);
  assert.equal(status, 0);
  assert.match(stdout, /^file,label,confidence,error\n-,\d,0\.\d+,\n$/);
});

test('evaluate measures, and says how many of the images the run has seen in training', () => {
  const args = ['evaluate', '--model', 'runs/digits', '--data', 'digits', '--json'];
  const { status, stdout, stderr } = workplace.run(args);
  assert.equal(status, 0);
  const evaluation = JSON.parse(stdout);
  assert.equal(evaluation.images, 600);
  assert.ok(evaluation.unseen.accuracy <= evaluation.metrics.accuracy);
  assert.match(stderr, /has seen 480 of these 600 images in training/);
});

test('evaluate measures what is there, also one class alone, and shows what is wrong with the folder', () => {
  cpSync(join(checkout, 'datasets/digits/7'), join(workplace.dir, 'sevens/7'), { recursive: true });
  mkdirSync(join(workplace.dir, 'sevens/8'));
  const { status, stdout, stderr } = workplace.run([
    'evaluate',
    '--data',
    'sevens',
    '--model',
    'runs/digits',
    '--json',
  ]);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Class folders without images: 8\./);
  const { images, metrics } = JSON.parse(stdout);
  assert.equal(images, 60);
  assert.ok(metrics.accuracy > 0.7, `accuracy ${metrics.accuracy}`);
});

test('training by epochs keeps a history, a line an epoch', () => {
  const { status, stdout } = workplace.run([
    ...quick,
    '--hidden',
    '32',
    '--epochs',
    '3',
    '--json',
    '--out',
    'runs/hidden',
  ]);
  assert.equal(status, 0);
  const history = readFileSync(join(workplace.dir, 'runs/hidden/history.jsonl'), 'utf8').trim().split('\n');
  assert.equal(history.length, 3);
  assert.equal(JSON.parse(stdout).computed, 0);
});

test('--precision int8 runs the base in int8, and says how the two saved models agree', () => {
  const args = [...quick, '--json', '--out', 'runs/bytes', '--precision', 'int8'];
  const { status, stdout, stderr } = workplace.run(args);
  assert.equal(status, 0, stderr);
  const { precision, agreement, val } = JSON.parse(stdout);
  assert.equal(precision.name, 'int8');
  assert.match(precision.reason, /cosine of the features 0\.9/);
  assert.equal(agreement.images, 32);
  assert.ok(agreement.same >= 28, `${agreement.same} of 32 alike`);
  assert.ok(val.accuracy > 0.7, `validation accuracy ${val.accuracy}`);
  const predicted = workplace.run(['predict', 'digits/7', '--model', 'runs/bytes', '--top', '1']);
  assert.equal(predicted.status, 0, predicted.stderr);
});

test('--profile shows where the time went', () => {
  const { status, stderr } = workplace.run([...quick, '--out', 'runs/profile', '--profile', '--seed', '3']);
  assert.equal(status, 0);
  assert.match(stderr, /step +processor seconds +ms per image\n/);
  assert.match(stderr, /\nhead +\d+\.\d+/);
  assert.match(stderr, /Engine: [\s\S]*\nBase in (fp32|int8): /);
});

test('a class too small for validation, or no validation at all, is told', () => {
  for (const name of ['0', '1']) {
    const from = join(checkout, 'datasets/digits', name);
    for (const file of readdirSync(from).slice(0, name === '0' ? 1 : 9)) {
      cpSync(join(from, file), join(workplace.dir, 'few', name, file));
    }
  }
  const few = quick.with(2, 'few');
  assert.match(workplace.run([...few, '--out', 'runs/few']).stderr, /No validation image of: 0\./);
  const { stdout, stderr } = workplace.run([...few, '--out', 'runs/none', '--val', '0', '--l2', '0.1']);
  assert.match(stderr, /No image is held out/);
  assert.match(stdout, /as\s+given/);
});

test('--cut puts the head on a layer of the backbone', () => {
  const cut = ['--cut', 'block4a_project_bn', '--pooling', 'max', '--out', 'runs/cut'];
  const { status, stderr } = workplace.run([...quick, ...cut]);
  assert.equal(status, 0, stderr);
  const wrong = workplace.run([...quick, '--cut', 'block9']);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /block9/);
});

const mistakes: [args: string[], message: RegExp][] = [
  [
    ['train', 'digits', '--backbone', 'vgg19'],
    /vgg19 is not prepared.*finetune prepare.*efficientnet-lite0/s,
  ],
  [['train'], /No data folder given/],
  [['train', '--data', 'digits', '--val', '2'], /--val expects/],
  [['train', '--data', 'nowhere', '--backbone', 'efficientnet-lite0'], /nowhere/],
  [[...train, '--head-solver', 'lbfgs', '--epochs', '3'], /no epochs/],
  [[...train, '--dropout', '0.5'], /--dropout 0.5 does nothing here/],
  [[...train, '--precision', 'fp32', '--verify'], /no int8 model/],
  [['train', '--data', 'digits', '--input-shape', '9999x9999'], /each from 1 to 2048/],
  [['predict', 'x.png', '--model', 'nowhere'], /No run in nowhere/],
  [['predict', 'x.png', '--json', '--csv'], /exclude each other/],
];

for (const [args, message] of mistakes) {
  test(`${args.join(' ')}: one message, exit code 1, and nothing on stdout`, () => {
    const { status, stdout, stderr } = workplace.run(args);
    assert.match(stderr, message);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, / {4}at /);
  });
}
