// The base in threads. How they end, whatever happens, pool.test.ts shows.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { mirroredView } from '../../src/data/image-rules.js';
import { inFloat } from '../../src/features/precision.js';
import { ImageRunner, isBad } from '../../src/features/run-images.js';
import { runOnThreads } from '../../src/features/run-on-threads.js';
import { compileFastGraph } from '../../src/formats/onnx/compile.js';
import { openTemporarySession } from '../../src/inference/temporary-model.js';
import { silent } from '../../src/system/context.js';
import { asTheyAre, broken, copyDigits, openBase } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-threads-'));
after(() => rmSync(folder, { recursive: true }));

test('every image has the features that one session gives of it, in the order of the images and in their views', async () => {
  const base = await openBase('avg');
  const [first, ...others] = asTheyAre(copyDigits(folder, broken + 20));
  assert.ok(first);
  const images = [first, { ...first, view: mirroredView }, ...others];
  const session = await openTemporarySession(compileFastGraph(base.network), { threads: 1 });
  const runner = new ImageRunner(session, base.rules);
  const times: Record<string, number> = {};
  let next = 0;
  for await (const { image, outcome } of runOnThreads(base, inFloat(''), { images, times, ...silent })) {
    const { example, view } = images[next++]!;
    assert.deepEqual(image, { example, view });
    const expected = await runner.run(example.file, { view });
    assert.deepEqual(outcome, isBad(expected) ? expected : expected.data);
  }
  await session.release();
  assert.equal(next, images.length);
  assert.ok((times.decode ?? 0) > 0 && (times.base ?? 0) > 0);
});
