// Trying a TensorFlow engine out in a process of its own.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { findTensorflow } from '../../../../src/engines/tensorflow/place.js';
import { checkTensorflow } from '../../../../src/engines/tensorflow/setup/check.js';

test('an addon that is no library is reported with the reason', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'finetune-check-'));
  const addon = join(directory, 'tfjs_binding.node');
  writeFileSync(addon, 'no library');
  await assert.rejects(checkTensorflow({ directory, addon }), /tfjs_binding\.node: /);
});

test('an engine that works says on what device', async t => {
  const place = findTensorflow();
  if (place === undefined) return t.skip('no TensorFlow here; `finetune setup` installs it');
  const { device } = await checkTensorflow(place);
  assert.ok(device === 'cpu' || device === 'cuda');
});
