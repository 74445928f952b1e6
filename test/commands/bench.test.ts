// finetune bench as a user runs it. Speeds are whatever they are: only that they are there is checked.
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeWorkplace } from '../helpers/finetune.js';

const workplace = makeWorkplace();
const short = ['bench', '--backbone', 'efficientnet-lite0', '--images', '8', '--batch-size', '1'];

test('bench --json gives speed, latency and memory of each precision', () => {
  const { status, stdout, stderr } = workplace.run([...short, '--json']);
  assert.equal(status, 0, stderr);
  const { threads, data, versions, rows } = JSON.parse(stdout);
  assert.ok(threads >= 1);
  assert.equal(data, null);
  assert.equal(versions.node, process.versions.node);
  assert.deepEqual(
    rows.map(({ precision }: { precision: string }) => precision),
    ['fp32', 'int8'],
  );
  for (const { backbone, batchSize, images, imagesPerSecond, latencyMs, peakMegabytes } of rows) {
    assert.deepEqual([backbone, batchSize, images], ['efficientnet-lite0', 1, 8]);
    assert.ok(imagesPerSecond > 0 && peakMegabytes > 0);
    assert.ok(latencyMs.p50 > 0 && latencyMs.p50 <= latencyMs.p99);
  }
  assert.match(stderr, /^Next: finetune train .*\n$/);
});

test('bench measures every prepared backbone where none is named, as a table', () => {
  const { status, stdout } = workplace.run([
    'bench',
    '--images',
    '8',
    '--batch-size',
    '8',
    '--precision',
    'fp32',
  ]);
  assert.equal(status, 0);
  assert.match(stdout, /average pooling.*decoded beforehand/);
  assert.match(stdout, /^efficientnet-lite0 +fp32 +8 +[\d.]+ +[\d.]+ +[\d.]+ +\d+$/m);
});

const mistakes: [args: string[], message: RegExp][] = [
  [['bench', '--precision', 'fp8'], /^--precision expects fp32, fp16, int8/],
  [['bench', '--batch-size', '1,512'], /^--batch-size expects whole numbers from 1 to 256/],
  [['bench', '--images', '4'], /^--images expects a whole number from 8 to 10000/],
  [['bench', '--backbone', 'efficientnet-lite0,alexnet'], /^The backbone alexnet is not prepared/],
  [[...short, '--data', 'nowhere'], /^No folder nowhere\. Expected a folder of images\.$/m],
];

for (const [args, message] of mistakes) {
  test(`${args.join(' ')}: one message and exit code 1 before anything is measured`, () => {
    const { status, stdout, stderr } = workplace.run(args);
    assert.match(stderr, message);
    assert.deepEqual([status, stdout, stderr.trim().split('\n').length], [1, '', 1]);
  });
}
