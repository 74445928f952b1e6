// What `finetune doctor` shows.
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderDiagnosis } from '../../src/report/doctor.js';

const node = { name: 'Node', finding: '24.1.0 on linux-x64', details: {} };
const engine = {
  name: 'Engine',
  finding: 'wasm',
  details: {},
  problem: 'TensorFlow is not installed.',
  remedy: 'finetune setup',
};

test('each thing is a line, and no problem is said so', () => {
  const text = renderDiagnosis({ checks: [node] });
  assert.match(text, /^ +Node +24\.1\.0 on linux-x64$/m);
  assert.match(text, /No problem found\.$/);
});

test('a problem is marked in the table and explained below it with its remedy', () => {
  const text = renderDiagnosis({ checks: [node, engine] });
  assert.match(text, /^! +Engine +wasm$/m);
  assert.match(text, /! Engine: TensorFlow is not installed\.\n {2}Remedy: finetune setup$/);
});
