// The base on a device, by batches: here on the CPU as if it were another one.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Example } from '../../src/data/data-set.js';
import { mirroredView } from '../../src/data/image-rules.js';
import { pictureSide } from '../../src/data/perceptual-hash.js';
import type { Base } from '../../src/features/base.js';
import { type BaseResult, ImageRunner, isBad } from '../../src/features/run-images.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { openSession } from '../../src/inference/session.js';
import { silent } from '../../src/system/context.js';
import { damageJpeg } from '../data/damage-jpeg.js';
import { quartersImage, twelveBitsInSixteen } from '../data/sample-images.js';
import { checkout } from '../helpers/finetune.js';
import { asTheyAre, broken, copyDigits, openBase } from './sample-images.js';

/** As built: threads that run JavaScript decode. */
const { DeviceFailure, openOnDevice, runOnDevice }: typeof import('../../src/features/run-on-device.js') =
  await import(join(checkout, 'dist/features/run-on-device.js'));

const folder = mkdtempSync(join(tmpdir(), 'finetune-on-device-'));
const { signal } = silent;
const cpu = { name: 'cpu', half: false, trials: {} } as const;
let base: Base;
let examples: readonly Example[];

before(async () => {
  base = await openBase('avg');
  examples = copyDigits(folder, broken + 3);
});
after(() => rmSync(folder, { recursive: true }));

async function collect(results: AsyncIterable<BaseResult>): Promise<BaseResult[]> {
  const list: BaseResult[] = [];
  for await (const result of results) list.push(result);
  return list;
}

function addImage(name: string, bytes: Buffer): Example {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return { path: name, file, label: 0, hash: createHash('sha256').update(bytes).digest('hex') };
}

test('images come in their order with the features of a session that runs them one by one; a bad one is named', async () => {
  const images = asTheyAre(examples);
  const results = await collect(runOnDevice(cpu, base, { images, signal, times: {} }));
  assert.deepEqual(
    results.map(({ image }) => image),
    images,
  );
  const session = await openSession(compileOnnx(base.network));
  const runner = new ImageRunner(session, base.rules);
  for (const [i, { outcome }] of results.entries()) {
    const expected = await runner.run(examples[i]?.file ?? '');
    if (i === broken) assert.ok(isBad(outcome) && /cut short|damaged/.test(outcome.reason));
    else assert.deepEqual(outcome, isBad(expected) ? undefined : expected.data);
  }
  await session.release();
});

test('beside its features an image has what was seen of it: its picture, a narrow range, damage inside', async () => {
  const narrow = addImage('narrow.png', await twelveBitsInSixteen());
  const photo = await quartersImage().resize(200).jpeg().toBuffer();
  const damaged = addImage('damaged.jpg', damageJpeg(photo, 3));
  const damage = new Map<string, string | undefined>();
  const mirrored = { example: damaged, view: mirroredView };
  const images = [...asTheyAre([damaged, narrow]), mirrored];
  const results = await collect(runOnDevice(cpu, base, { images, signal, damage, times: {} }));
  assert.deepEqual(
    results.map(({ picture, narrowRange }) => [picture?.length, narrowRange]),
    [
      [pictureSide ** 2, undefined],
      [pictureSide ** 2, [0, 4095]],
      // Copies are found of the view as it is, and of no other one.
      [undefined, undefined],
    ],
  );
  assert.match(damage.get('damaged.jpg') ?? '', /^damaged/);
});

test('in half precision features are the same to about a thousandth', async () => {
  const { size, rules } = base;
  const shape = [1, ...size, rules.channels] as const;
  const input = Float32Array.from({ length: size[0] * size[1] * rules.channels }, (_, i) => Math.sin(i));
  const run = async (half: boolean) => {
    const session = await openOnDevice({ name: 'cpu', half, trials: {} }, base.network);
    const { data } = await session.run(input, shape);
    await session.release();
    return data;
  };
  const [single, halved] = [await run(false), await run(true)];
  const largest = Math.max(...single.map(Math.abs));
  const differences = single.map((value, i) => Math.abs(value - (halved[i] ?? Number.NaN)));
  assert.ok(Math.max(...differences) < 0.005 * largest);
  assert.notDeepEqual(halved, single);
});

test('what fails on the device is its failure, by its name, and no bad image', async () => {
  const wrongSize = { ...base, rules: { ...base.rules, size: [32, 32] as const } };
  const running = collect(runOnDevice(cpu, wrongSize, { images: asTheyAre(examples), signal, times: {} }));
  await assert.rejects(running, (error: unknown) => error instanceof DeviceFailure && error.device === 'cpu');
});

test('an abort stops it', async () => {
  const stopped = { images: asTheyAre(examples), signal: AbortSignal.abort(new Error('enough')), times: {} };
  await assert.rejects(collect(runOnDevice(cpu, base, stopped)), /enough/);
});
