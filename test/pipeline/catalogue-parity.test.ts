// The six networks with random weights against Keras' own answers: with and without top, every file layout, two shapes.
// `npx tsx scripts/golden/parity-table.ts` prints the same as a table.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Layout, layouts, measureParity, parityCases } from '../../scripts/golden/parity.js';
import { withoutKeras } from '../helpers/keras.js';

/** The VGGs with their tops have half a gigabyte a file: their weights are read in every layout without it. */
function layoutsOf(name: string, includeTop: boolean): readonly Layout[] {
  return includeTop && name.startsWith('vgg') ? ['weights-only.h5'] : layouts;
}

for (const parityCase of parityCases) {
  const { name, includeTop, size } = parityCase;
  const title = `${name} ${includeTop ? 'with' : 'without'} top at ${size.join('x')} answers as Keras does`;
  test(title, { skip: withoutKeras }, async t => {
    const dir = mkdtempSync(join(tmpdir(), 'finetune-parity-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const chosen = layoutsOf(name, includeTop);
    for await (const { layout, difference, largest } of measureParity(dir, parityCase, chosen)) {
      t.diagnostic(`${layout}: ${difference.toExponential(1)} of ${largest.toPrecision(3)}`);
      assert.ok(largest > 1e-3, 'an answer of zeros proves nothing');
      assert.ok(difference <= 1e-5 * Math.max(largest, 1), `${layout}: ${difference} of ${largest}`);
    }
  });
}
