// Networks with random weights that Keras saved, against its own outputs: with and without top, VGG16 in every file
// layout, the other in the oldest and the newest. Keras runs once per network. All networks of the catalogue are compared
// with stored numbers in test/backbones/golden.test.ts; `npx tsx scripts/golden/parity-table.ts` compares everything.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withoutKeras } from '../../scripts/golden/keras.js';
import { layouts, measureParity, type ParityCase } from '../../scripts/golden/parity.js';

const top: ParityCase = { includeTop: true, size: [224, 224], layouts: ['weights-only.h5'] };

for (const name of ['vgg16', 'mobilenet_v2']) {
  test(`${name} computes what Keras computes, from the files that Keras saves`, {
    skip: withoutKeras,
  }, async t => {
    const dir = mkdtempSync(join(tmpdir(), 'finetune-parity-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const noTop: ParityCase = {
      includeTop: false,
      size: [64, 96],
      layouts: name === 'vgg16' ? layouts : ['weights-only.h5', 'keras'],
    };
    for await (const { includeTop, layout, difference, largest } of measureParity(dir, name, [noTop, top])) {
      const what = `${includeTop ? 'with' : 'without'} top, ${layout}`;
      t.diagnostic(`${what}: ${difference.toExponential(1)} of ${largest.toPrecision(3)}`);
      assert.ok(largest > 1e-3, 'an output of zeros proves nothing');
      assert.ok(difference <= 1e-5 * Math.max(largest, 1), `${what}: ${difference} of ${largest}`);
    }
  });
}
