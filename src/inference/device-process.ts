// The process that tries a device out. It may crash.

import { readFile } from 'node:fs/promises';
import { answerParent } from '../system/child-process.js';
import { compareOutputs } from './agreement.js';
import type { DeviceTask, Measured } from './device-trial.js';
import { openSession } from './session.js';

await answerParent(run);

async function run({ device, model, reference, images, shape }: DeviceTask): Promise<Measured> {
  const bytes = await readFile(images);
  const input = new Float32Array(new Uint8Array(bytes).buffer);
  const cpu = await openSession(reference);
  const expected = await cpu.run(input, shape);
  await cpu.release();
  const started = performance.now();
  const session = await openSession(model, { device });
  await session.run(input, shape);
  const warm = performance.now();
  const { data } = await session.run(input, shape);
  const finished = performance.now();
  const [count] = shape;
  return {
    ...compareOutputs(data, expected.data, count),
    imagesPerSecond: (1000 * count) / (finished - warm),
    startSeconds: (warm - started) / 1000,
  };
}
