// Measuring frozen bases, where not all goes well.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { type BenchOptions, bench } from '../../src/pipeline/bench.js';
import { checkout } from '../helpers/finetune.js';

const embedded = join(checkout, 'pretrained/efficientnet-lite0');
const dir = mkdtempSync(join(tmpdir(), 'finetune-bench-test-'));
const temporary = join(dir, 'temporary');
mkdirSync(temporary);
process.env.TMPDIR = temporary;

/** A backbone with a layer that nobody knows. */
function makeStrangeBackbone(): string {
  const strange = join(dir, 'strange');
  cpSync(embedded, strange, { recursive: true });
  const topology = readFileSync(join(embedded, 'model.json'), 'utf8');
  writeFileSync(join(strange, 'model.json'), topology.replaceAll('"DepthwiseConv2D"', '"Unheard"'));
  return strange;
}

async function measure(given: BenchOptions) {
  const events: PipelineEvent[] = [];
  const onEvent = (event: PipelineEvent) => void events.push(event);
  return { ...(await bench({ images: 8, batchSize: 4, ...given }, { onEvent })), events };
}

test('a backbone that fails has its reason in its rows, and the others are measured', async () => {
  const strange = makeStrangeBackbone();
  const { rows, events } = await measure({ backbone: [strange, embedded], precision: 'fp32' });
  assert.deepEqual(
    rows.map(row => [row.backbone, 'failure' in row]),
    [
      [strange, true],
      [embedded, false],
    ],
  );
  assert.match(JSON.stringify(rows[0]), /Unheard/);
  assert.deepEqual(events.at(-1), { type: 'bench', done: 2, total: 2 });
  const left = readdirSync(temporary).filter(name => name.startsWith('finetune'));
  assert.deepEqual(left, []);
});

test('photos come from any folder, and those that cannot be read are told of once', async () => {
  const photos = join(dir, 'photos');
  cpSync(join(checkout, 'datasets/digits-unseen'), photos, { recursive: true });
  writeFileSync(join(photos, 'broken.png'), 'hello');
  const twice = [embedded, embedded];
  const { rows, events } = await measure({ backbone: twice, precision: 'fp32', data: photos });
  assert.ok(rows.every(row => !('failure' in row)));
  assert.equal(events.filter(({ type }) => type === 'bad-image').length, 1);
});

test('int8 needs two images to calibrate on; with one, float is measured all the same', async () => {
  const photos = join(dir, 'photo');
  cpSync(join(checkout, 'datasets/digits-unseen/7.png'), join(photos, '7.png'));
  const { rows } = await measure({ backbone: [embedded], data: photos });
  assert.ok(!('failure' in rows[0]!));
  assert.match(JSON.stringify(rows[1]), /int8 needs at least 2 readable images/);
});

test('an abort ends the measuring, and leaves nothing behind', async () => {
  const stop = new AbortController();
  const onEvent = (event: PipelineEvent) => {
    if (event.type === 'bench' && event.done === 1) stop.abort();
  };
  const options: BenchOptions = { backbone: [embedded], precision: 'fp32', batchSize: [1, 256], images: 8 };
  await assert.rejects(bench(options, { onEvent, signal: stop.signal }), { name: 'AbortError' });
  assert.deepEqual(
    readdirSync(temporary).filter(name => name.startsWith('finetune')),
    [],
  );
});

test('a device that is not there has its reason in its row, and the CPU is measured', async t => {
  if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
  const { rows } = await measure({ backbone: [embedded], precision: 'fp32', device: ['webgpu', 'cpu'] });
  assert.deepEqual(
    rows.map(row => [row.device, 'failure' in row]),
    [
      ['webgpu', true],
      ['cpu', false],
    ],
  );
  assert.match(JSON.stringify(rows[0]), /webgpu does not start: /);
});

for (const [precision, device] of [
  ['int8', 'webgpu'],
  ['fp16', 'cpu'],
] as const) {
  test(`${precision} on ${device} is refused`, async () => {
    await assert.rejects(measure({ backbone: [embedded], precision, device }), {
      code: 'bad-option',
      message: new RegExp(`^int8 runs on the CPU alone.* --precision ${precision} --device ${device}\\.`),
    });
  });
}
