import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import * as layers from '@tensorflow/tfjs-layers';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { openSession } from '../../src/inference/session.js';
import { fingerprintOf } from '../../src/network/fingerprint.js';
import { networkOf } from '../helpers/tfjs-network.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-session-'));
after(() => rmSync(folder, { recursive: true }));

function smallNetwork() {
  const input = layers.input({ shape: [8, 8, 3] });
  const filtered = layers.layers.conv2d({ filters: 4, kernelSize: 3, name: 'filters' }).apply(input);
  const output = layers.layers
    .globalAveragePooling2d({ name: 'pool' })
    .apply(filtered) as layers.SymbolicTensor;
  return networkOf(layers.model({ inputs: input, outputs: output, name: 'small' }));
}

describe('A session', () => {
  test('runs a model from its file as from its bytes, in batches as one by one', async () => {
    const model = compileOnnx(smallNetwork());
    const path = join(folder, 'model.onnx');
    writeFileSync(path, model);
    const [fromFile, fromBytes] = [await openSession(path), await openSession(model)];
    const batch = Float32Array.from({ length: 2 * 192 }, (_, i) => Math.cos(i));
    const both = await fromFile.run(batch, [2, 8, 8, 3]);
    const second = await fromBytes.run(batch.subarray(192), [1, 8, 8, 3]);
    assert.deepEqual(both.shape, [2, 4]);
    assert.deepEqual(both.data.slice(4), second.data);
    await Promise.all([fromFile.release(), fromBytes.release()]);
  });

  test('sends no usage data', async () => {
    await (await openSession(compileOnnx(smallNetwork()))).release();
    assert.equal(process.env.ORT_DISABLE_TELEMETRY, '1');
  });

  const model = Buffer.from(compileOnnx(smallNetwork()));
  for (const [title, bytes] of [
    ['an empty file', Buffer.alloc(0)],
    ['a text', Buffer.from('not a model')],
    ['a model cut short', model.subarray(0, model.length / 2)],
    ['a model with a broken weight', Buffer.concat([model.subarray(0, -40), Buffer.alloc(40, 255)])],
  ] as const) {
    test(`says what is wrong with ${title}`, async () => {
      const path = join(folder, 'broken.onnx');
      writeFileSync(path, bytes);
      await assert.rejects(openSession(path), { code: 'bad-model', message: /broken\.onnx cannot be run: / });
    });
  }

  test('says when there is no model', async () => {
    await assert.rejects(openSession(join(folder, 'none.onnx')), { code: 'not-found' });
    await assert.rejects(openSession(folder), { code: 'bad-model', message: /it is a folder, not a file/ });
  });
});

describe('A fingerprint', () => {
  const network = smallNetwork();
  const kernel = network.weights.get('filters/kernel')!;

  test('is the same for the same topology and weights', () => {
    assert.equal(
      fingerprintOf(network),
      fingerprintOf({ ...network, weights: new Map([...network.weights].reverse()) }),
    );
  });

  test('changes with a single bit of a weight, with the topology and with what else is named', () => {
    const data = kernel.data.slice();
    new Uint8Array(data.buffer)[0]! ^= 1;
    const weights = new Map(network.weights).set(kernel.name, { ...kernel, data });
    const config = { ...network.topology.config, name: 'other' };
    const prints = [
      fingerprintOf(network),
      fingerprintOf({ ...network, weights }),
      fingerprintOf({ ...network, topology: { ...network.topology, config } }),
      fingerprintOf(network, { precision: 'int8' }),
    ];
    assert.equal(new Set(prints).size, 4);
  });
});
