// A training, an evaluation and predictions on WebGPU, as a user runs them, in SwiftShader.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { checkout, makeWorkplace } from '../helpers/finetune.js';
import { swiftShader, withoutSwiftShader } from '../helpers/swiftshader.js';

const digits = join(checkout, 'datasets/digits');

test('WebGPU trains and predicts as the CPU does', { skip: withoutSwiftShader }, () => {
  Object.assign(process.env, swiftShader);
  const { dir, run } = makeWorkplace();
  for (const name of '0123456789') {
    mkdirSync(join(dir, 'some', name), { recursive: true });
    const files = readdirSync(join(digits, name));
    for (const file of files.slice(0, 6)) cpSync(join(digits, name, file), join(dir, 'some', name, file));
    for (const file of files.slice(6, 8)) cpSync(join(digits, name, file), join(dir, 'photos', name, file));
  }
  const backbone = [
    '--backbone',
    'efficientnet-lite0',
    '--input-shape',
    '32x32',
    '--cut',
    'block1a_project_bn',
  ];
  // In half precision a network is compiled once more, which takes seconds in software.
  const options = [...backbone, '--precision', 'fp32'];
  const train = (device: string) => {
    const args = ['train', '--data', 'some', ...options, '--out', device, '--device', device, '--json'];
    const { status, stdout, stderr } = run(args);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  const [onGpu, onCpu] = [train('webgpu'), train('cpu')];
  assert.equal(onGpu.computed, 60, 'features of the CPU are not those of a GPU');
  assert.equal(onCpu.computed, 60);
  assert.ok(Math.abs(onGpu.val.loss - onCpu.val.loss) < 1e-4);
  assert.deepEqual(onGpu.val.confusion, onCpu.val.confusion);
  assert.match(onGpu.precision.reason, /^on webgpu, \d+\.\d images\/s/);
  const { base } = JSON.parse(readFileSync(join(dir, 'webgpu/run.json'), 'utf8'));
  assert.equal(base.device.name, 'webgpu');

  const predict = (device: string) => {
    const { stdout } = run(['predict', 'photos', '--model', 'webgpu', '--device', device, '--json']);
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
  };
  const [there, here] = [predict('webgpu'), predict('cpu')];
  assert.equal(there.length, 20);
  for (const [i, { label, confidence }] of there.entries()) {
    assert.equal(label, here[i].label);
    assert.ok(Math.abs(confidence - here[i].confidence) < 1e-4);
  }
});
