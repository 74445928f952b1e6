// What `finetune doctor` looks at on this very machine.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { doctor } from '../../src/pipeline/doctor.js';
import type { Check, Diagnosis } from '../../src/system/check.js';

let diagnosis: Diagnosis;

before(async () => {
  process.env.FINETUNE_CACHE = mkdtempSync(join(tmpdir(), 'finetune-doctor-'));
  diagnosis = await doctor({});
});

const find = (name: string): Check => {
  const check = diagnosis.checks.find(each => each.name === name);
  assert.ok(check, name);
  return check;
};

test('the native libraries of this machine load', () => {
  assert.match(find('Image decoder').finding, /^sharp \d+\.\d+/);
  assert.match(find('Runtime').finding, /^ONNX Runtime \d+\.\d+\.\d+ \(cpu/);
});

test('without TensorFlow the wasm engine is taken, and setup is the remedy', () => {
  const engine = find('Engine');
  assert.equal(engine.details.chosen, 'wasm');
  assert.match(engine.remedy ?? '', /^finetune setup/);
});

test('every problem comes with a remedy', () => {
  for (const each of diagnosis.checks) assert.equal(each.problem === undefined, each.remedy === undefined);
});

test('the whole diagnosis is one JSON value', () => {
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(diagnosis))), ['checks']);
});
