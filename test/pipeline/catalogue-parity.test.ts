// The six networks with random weights against Keras' own answers: with and without top, every file layout, two shapes.
// `npx tsx scripts/golden/parity-table.ts` prints the same as a table.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withoutKeras } from '../../scripts/golden/keras.js';
import {
  type Layout,
  layouts,
  measureParity,
  type ParityCase,
  parityCases,
} from '../../scripts/golden/parity.js';

/** Every layout once for each network, the published one in all cases; the table's script measures all of them. */
function layoutsOf({ includeTop, size: [height] }: ParityCase): readonly Layout[] {
  return !includeTop && height === 224 ? layouts : ['weights-only.h5'];
}

for (const parityCase of parityCases) {
  const { name, includeTop, size } = parityCase;
  const title = `${name} ${includeTop ? 'with' : 'without'} top at ${size.join('x')} answers as Keras does`;
  test(title, { skip: withoutKeras }, async t => {
    const dir = mkdtempSync(join(tmpdir(), 'finetune-parity-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const measured = measureParity(dir, parityCase, layoutsOf(parityCase));
    for await (const { layout, difference, largest } of measured) {
      t.diagnostic(`${layout}: ${difference.toExponential(1)} of ${largest.toPrecision(3)}`);
      assert.ok(largest > 1e-3, 'an answer of zeros proves nothing');
      assert.ok(difference <= 1e-5 * Math.max(largest, 1), `${layout}: ${difference} of ${largest}`);
    }
  });
}
