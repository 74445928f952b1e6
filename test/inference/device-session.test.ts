// A network in a process of its own, and what becomes of it there. The device is the CPU, which every machine has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nodeFor } from '../../src/formats/onnx/graph.js';
import { openDeviceSession } from '../../src/inference/device-session.js';
import { mostSeconds } from '../../src/inference/device-trial.js';
import { twice } from './twice.js';

const open = () => openDeviceSession(twice, { device: 'cpu', seconds: 300 });

test('a session in another process gives what one in this process gives', async () => {
  const session = await open();
  assert.deepEqual(
    [session.inputShape, session.outputShape],
    [
      ['N', 1, 1, 2],
      ['N', 1, 1, 2],
    ],
  );
  const { data, shape } = await session.run(Float32Array.of(1, 2, 3, 4), [2, 1, 1, 2]);
  assert.deepEqual(
    [[...data], shape],
    [
      [2, 4, 6, 8],
      [2, 1, 1, 2],
    ],
  );
  await session.release();
});

test('a model that cannot be run is refused with the reason', async () => {
  const broken = { ...twice, nodes: [nodeFor('sum', { op: 'Add', inputs: ['input', 'none'] })] };
  await assert.rejects(openDeviceSession(broken, { device: 'cpu', seconds: 300 }), /none/);
});

test('a driver that takes its process with it is an error at every run', async t => {
  if (process.platform !== 'linux') return t.skip('the process is found in /proc');
  const session = await open();
  const [child] = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(' ');
  process.kill(Number(child), 'SIGKILL');
  for (let run = 0; run < 2; run++) {
    const lost = session.run(Float32Array.of(1, 2), [1, 1, 1, 2]);
    await assert.rejects(lost, { message: 'the process ended with SIGKILL' });
  }
  await session.release();
});

test('the limit is many times what the device took to start', () => {
  const trial = { half: false, imagesPerSecond: 1, cosineMin: 1, distanceMax: 0 };
  assert.equal(mostSeconds(), 300);
  assert.equal(mostSeconds({ ...trial, startSeconds: 0.1 }), 60);
  assert.equal(mostSeconds({ ...trial, startSeconds: 9.99 }), 200);
});
