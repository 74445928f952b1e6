// Networks with random weights that Keras saved, against its own outputs: MobileNetV2 in every layout of whole models,
// VGG16 with its top as weights alone. All networks of the catalogue are compared with stored numbers in golden.test.ts;
// `npx tsx scripts/golden/parity-table.ts` compares everything.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withoutKeras } from '../../scripts/golden/keras.js';
import { measureParity, type ParityCase } from '../../scripts/golden/parity.js';

const networks: [name: string, cases: readonly ParityCase[]][] = [
  ['mobilenet_v2', [{ includeTop: false, size: [64, 96], layouts: ['h5', 'weights.h5', 'keras'] }]],
  ['vgg16', [{ includeTop: true, size: [224, 224], layouts: ['weights-only.h5'] }]],
];

for (const [name, cases] of networks) {
  test(`${name} computes what Keras computes, from the files that Keras saves`, {
    skip: withoutKeras,
  }, async t => {
    const dir = mkdtempSync(join(tmpdir(), 'finetune-parity-'));
    t.after(() => rmSync(dir, { recursive: true }));
    for await (const { includeTop, layout, difference, largest } of measureParity(dir, name, cases)) {
      const what = `${includeTop ? 'with' : 'without'} top, ${layout}`;
      t.diagnostic(`${what}: ${difference.toExponential(1)} of ${largest.toPrecision(3)}`);
      assert.ok(largest > 1e-3, 'an output of zeros proves nothing');
      assert.ok(difference <= 1e-5 * Math.max(largest, 1), `${what}: ${difference} of ${largest}`);
    }
  });
}
