// Models of users' with what was refused or got wrong once, against Keras' own numbers: in plain tfjs from what prepare
// writes, and in ONNX Runtime at every level of its own optimizations.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compileOnnx } from '../../../src/formats/onnx/compile.js';
import { convertKerasFile, readKerasFile } from '../keras-models.js';
import { loadInTfjs, predict } from '../plain-tfjs.js';

interface Expected {
  readonly scale: number;
  readonly offset?: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly sum: number;
  readonly first16?: readonly number[];
  readonly every7th?: readonly number[];
}

/** A level may fuse what it should not: a padding of zeros is not one of minus infinity. */
const levels = ['disabled', 'basic', 'extended', 'all'] as const;

const folder = 'test/fixtures/cases';
const read = (file: string): Readonly<Record<string, Expected>> =>
  JSON.parse(readFileSync(join(folder, file), 'utf8'));
// operations.json and its models are written by scripts/golden/operations.py.
const expected = { ...read('expected.json'), ...read('operations.json') };

/** The formula that the expected values were made with. */
function inputOf({ scale, offset = 0, input }: Expected) {
  const length = input.reduce((count, size) => count * size, 1);
  return {
    shape: input,
    data: Float32Array.from({ length }, (_, i) => (((7 * i) % 256) / 255) * scale + offset),
  };
}

function assertExpected(values: Float32Array, { output, first16 = [], every7th = [], sum }: Expected): void {
  const length = output.reduce((count, size) => count * size, 1);
  assert.equal(values.length, length);
  const known = [...first16.map((value, i) => [i, value]), ...every7th.map((value, i) => [7 * i, value])];
  for (const [i = 0, value = 0] of known) {
    const difference = Math.abs(Number(values[i]) - value);
    assert.ok(difference <= 2e-5 * Math.max(1, Math.abs(value)), `value ${i} is ${values[i]}, not ${value}`);
  }
  const total = values.reduce((all, value) => all + value, 0);
  assert.ok(Math.abs(total - sum) < 1e-3 * Math.sqrt(length + 1), `sum ${total}, not ${sum}`);
}

const files = readdirSync(folder).filter(file => /\.(keras|h5)$/.test(file));

for (const [name, values] of Object.entries(expected)) {
  describe(name, () => {
    const input = inputOf(values);
    for (const file of files.filter(each => each.replace(/\.\w+$/, '') === name)) {
      test(`${file} computes in plain tfjs what it computes in Keras`, async () => {
        const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
        await convertKerasFile(join(folder, file), dir);
        const [output] = predict(await loadInTfjs(dir, 'cpu'), [input]);
        assertExpected(output ?? new Float32Array(), values);
      });

      for (const level of levels) {
        test(`${file} computes in ONNX Runtime what it computes in Keras, optimizations ${level}`, async () => {
          const model = compileOnnx(await readKerasFile(join(folder, file)));
          const session = await InferenceSession.create(model, { graphOptimizationLevel: level });
          const { output } = await session.run({
            input: new Tensor('float32', input.data, [1, ...input.shape]),
          });
          await session.release();
          assert.ok(output?.data instanceof Float32Array);
          assert.deepEqual(output.dims, values.output);
          assertExpected(output.data, values);
        });
      }
    }
  });
}
