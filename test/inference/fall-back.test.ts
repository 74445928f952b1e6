// A session that fails: one that is closed already, as a device is that was lost.
import assert from 'node:assert/strict';
import test from 'node:test';
import { withFallBack } from '../../src/inference/fall-back.js';
import { openTemporarySession } from '../../src/inference/temporary-model.js';
import { twice } from './twice.js';

const shape = [1, 1, 1, 2] as const;
const open = () => openTemporarySession(twice, {});

test('what a lost device does not compute any more, the CPU computes, and is told of once', async () => {
  const lost = await open();
  const reasons: string[] = [];
  const session = withFallBack(lost, { onCpu: open, warn: reason => reasons.push(reason) });
  assert.deepEqual([...(await session.run(Float32Array.of(1, 2), shape)).data], [2, 4]);
  assert.deepEqual(reasons, []);
  await lost.release();
  const outputs = await Promise.all([3, 4].map(value => session.run(Float32Array.of(value, 0), shape)));
  assert.deepEqual(
    outputs.map(({ data }) => data[0]),
    [6, 8],
  );
  assert.equal(reasons.length, 1);
});
