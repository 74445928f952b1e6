// Graphs in half precision. The CPU runs them too, slowly: so the whole of a real network is compared.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { compileGraph } from '../../../src/formats/onnx/compile.js';
import { inHalf } from '../../../src/formats/onnx/half.js';
import { loadLayersModel } from '../../../src/formats/tfjs-layers/layers-model.js';
import { cosineOf } from '../../../src/inference/cosine.js';
import { withSession } from '../../../src/inference/temporary-model.js';
import { cutAt, withInputShape } from '../../../src/network/cut.js';
import { checkout } from '../../helpers/finetune.js';

const network = await loadLayersModel(join(checkout, 'pretrained/efficientnet-lite0'));
const graph = compileGraph(withInputShape(cutAt(network, 'block3b_add'), [64, 64]));

test('a network in half precision takes and gives single precision, and computes nearly the same', async () => {
  const shape = [2, 64, 64, 3] as const;
  const input = Float32Array.from({ length: 24576 }, (_, i) => Math.sin(i));
  const run = (each: typeof graph) => withSession(each, {}, session => session.run(input, shape));
  const [single, half] = [await run(graph), await run(inHalf(graph))];
  assert.deepEqual(half.shape, single.shape);
  const cosine = cosineOf(single.data, half.data);
  assert.ok(cosine > 0.9995 && cosine < 1, `${cosine}`);
});

test('constants take half the bytes, shapes stay what they are', () => {
  const half = inHalf(graph);
  for (const [name, { data, shape }] of half.initializers) {
    const original = graph.initializers.get(name);
    assert.deepEqual(shape, original?.shape);
    const expected = original?.data instanceof Float32Array ? Uint16Array : original?.data.constructor;
    assert.equal(data.constructor, expected, name);
  }
});
