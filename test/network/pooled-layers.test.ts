// The averages of several layers as one vector.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as layers from '@tensorflow/tfjs-layers';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { openSession } from '../../src/inference/session.js';
import { appendLayers, cutAt } from '../../src/network/cut.js';
import type { Network } from '../../src/network/network.js';
import { joinPooledLayers, pooledSizes } from '../../src/network/pooled-layers.js';
import { networkOf } from '../helpers/tfjs-network.js';

const pooling = (name: string) => ({ class_name: 'GlobalAveragePooling2D', config: { name } });

function build(): Network {
  const input = layers.input({ shape: [4, 4, 3] });
  const lower = layers.layers.conv2d({ name: 'lower', filters: 2, kernelSize: 1 }).apply(input);
  const upper = layers.layers.conv2d({ name: 'upper', filters: 5, kernelSize: 2 }).apply(lower);
  return networkOf(layers.model({ inputs: input, outputs: upper as layers.SymbolicTensor }));
}

const backbone = build();
const pooled = appendLayers(backbone, [pooling('pool')], []);
const image = Float32Array.from({ length: 48 }, (_, i) => i / 48);

async function run(network: Network): Promise<number[]> {
  const session = await openSession(compileOnnx(network));
  const { data } = await session.run(image, [1, 4, 4, 3]);
  await session.release();
  return [...data];
}

test("first the network's own vector, then the average of each layer", async () => {
  const joined = await run(joinPooledLayers(pooled, ['lower']));
  const lower = await run(appendLayers(cutAt(backbone, 'lower'), [pooling('pool')], []));
  assert.deepEqual(joined, [...(await run(pooled)), ...lower]);
  assert.deepEqual(pooledSizes(pooled, ['lower']), [5, 2]);
});

for (const [layer, message] of [
  ['nowhere', /has no layer "nowhere"/],
  ['pool', /"pool" gives \(None, 5\)\. Expected a layer that gives feature maps/],
] as const) {
  test(`"${layer}" is refused: ${message.source.slice(0, 30)}`, () => {
    assert.throws(() => joinPooledLayers(pooled, [layer]), { code: 'bad-option', message });
  });
}
