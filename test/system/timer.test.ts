// Seconds per stage.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startTimer } from '../../src/system/timer.js';

test('a stage that waits takes time but no processor, one that computes takes both', async () => {
  const timer = startTimer();
  await new Promise(resolve => setTimeout(resolve, 100));
  timer.step('wait');
  const end = process.cpuUsage().user + 100_000;
  while (process.cpuUsage().user < end) Math.sqrt(end);
  timer.step('compute');
  const [passed, worked] = [timer.seconds(), timer.processorSeconds()];
  assert.deepEqual(Object.keys(passed), ['wait', 'compute', 'total']);
  assert.ok((passed.wait ?? 0) > 0.09 && (worked.wait ?? 1) < 0.09);
  assert.ok((passed.compute ?? 0) > 0.09 && (worked.compute ?? 0) > 0.09);
  assert.ok(passed.total >= 0.18 && worked.total >= 0.09);
});
