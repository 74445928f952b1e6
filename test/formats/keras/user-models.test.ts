// Small models of every supported layer, saved by Keras, against Keras' own outputs; see scripts/golden/user_models.py.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { supportedLayers } from '../../../src/formats/keras/rewrite/table.js';
import { convertKerasFile } from '../keras-models.js';
import { largestDifference, loadInTfjs, predict } from '../plain-tfjs.js';

const folder = 'test/fixtures/keras';

interface GoldenModel {
  readonly name: string;
  readonly files: readonly string[];
  readonly inputs: readonly { readonly shape: number[]; readonly scale: number; readonly offset: number }[];
  readonly outputs: readonly number[][];
}

const golden: readonly GoldenModel[] = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));

/** The formula of the script that made the golden values. */
function inputValues({ shape, scale, offset }: GoldenModel['inputs'][number], phase: number) {
  const length = shape.reduce((count, size) => count * size, 1);
  return {
    shape,
    data: Float32Array.from({ length }, (_, i) => scale * Math.sin(0.37 * i + phase) + offset),
  };
}

for (const { name, files, inputs, outputs } of golden) {
  for (const file of files.filter(file => !file.includes('weights'))) {
    test(`${file}: plain tfjs computes what Keras computes`, async t => {
      const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
      await convertKerasFile(join(folder, file), dir);
      const model = await loadInTfjs(dir, 'cpu');
      const results = predict(model, inputs.map(inputValues));
      const differences = results.map((result, i) => largestDifference(result, outputs[i] ?? []));
      t.diagnostic(`largest absolute difference ${Math.max(...differences)}`);
      assert.equal(results.length, outputs.length, name);
      assert.ok(Math.max(...differences) <= 1e-4);
    });
  }
}

test('every supported layer is in one of these models', () => {
  const texts = golden.flatMap(({ files }) => files.map(file => readFileSync(join(folder, file), 'latin1')));
  const missing = supportedLayers.filter(
    name => !texts.some(text => text.includes(`"class_name": "${name}"`)),
  );
  // No Keras that can be installed today writes the first any more; the others are in cases.test.ts.
  assert.deepEqual(missing, [
    'BatchNormalizationV1',
    ...['CustomScaleLayer', 'FixedDropout', 'GroupNormalization', 'LayerScale'],
    ...['SlicingOpLambda', 'StochasticDepth', 'UnitNormalization'],
  ]);
});
