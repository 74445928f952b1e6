// Graph models of every supported operation, against tfjs' own run of the same graph.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { compileOnnx } from '../../../src/formats/onnx/compile.js';
import { readGraphModel } from '../../../src/formats/tfjs-graph/open.js';
import { openSession } from '../../../src/inference/session.js';
import { GraphWriter, attribute as is } from '../../helpers/graph-model.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-graph-'));
after(() => rmSync(dir, { recursive: true }));

const window = (stride: number, padding = 'SAME') => ({
  strides: is.integers(1, stride, stride, 1),
  dilations: is.integers(1, 1, 1, 1),
  data_format: is.text('NHWC'),
  padding: is.text(padding),
});
const pool = (size: number, padding: string) => ({
  ...window(size, padding),
  ksize: is.integers(1, size, size, 1),
});

const graphs: Record<string, (graph: GraphWriter, image: string) => void> = {
  'kernels fused with bias and activation'(graph, image) {
    const fused = (...ops: string[]) => ({ fused_ops: is.texts('BiasAdd', ...ops), num_args: { i: '1' } });
    let x = graph.node(
      'a',
      '_FusedConv2D',
      [image, graph.weight('ak', [3, 3, 3, 8]), graph.weight('ab', [8])],
      { ...window(2), ...fused('Relu6') },
    );
    x = graph.node(
      'b',
      'FusedDepthwiseConv2dNative',
      [x, graph.weight('bk', [3, 3, 8, 2]), graph.weight('bb', [16])],
      { ...window(1), ...fused('Relu') },
    );
    x = graph.node('c', '_FusedConv2D', [x, graph.weight('ck', [1, 1, 16, 4]), graph.weight('cb', [4])], {
      ...window(1, 'VALID'),
      ...fused(),
    });
    x = graph.node('mean', 'Mean', [x, graph.integers('axes', [2], [1, 2])], { keep_dims: is.flag(false) });
    graph.node('d', '_FusedMatMul', [x, graph.weight('dk', [4, 5]), graph.weight('db', [5])], fused('Elu'));
  },
  'a dilated depthwise kernel'(graph, image) {
    const dilated = { ...window(1), dilations: is.integers(1, 2, 3, 1) };
    graph.node('a', 'DepthwiseConv2dNative', [image, graph.weight('k', [3, 2, 3, 2])], dilated);
  },
  'kernels alone, bias and batch normalisation apart'(graph, image) {
    let x = graph.node('a', 'Conv2D', [image, graph.weight('ak', [3, 3, 3, 8])], window(2));
    x = graph.node('bias', 'BiasAdd', [x, graph.weight('ab', [8])]);
    const statistics = ['gamma', 'beta', 'mean', 'variance'].map(name =>
      graph.weight(name, [8], name === 'variance' || name === 'gamma' ? 1 : 0),
    );
    x = graph.node('bn', 'FusedBatchNormV3', [x, ...statistics], {
      epsilon: is.number(0.002),
      is_training: is.flag(false),
    });
    x = graph.node('b', 'DepthwiseConv2dNative', [x, graph.weight('bk', [3, 3, 8, 1])], window(1));
    x = graph.node('flat', 'Reshape', [x, graph.integers('shape', [2], [-1, 8 * 9 * 7])]);
    graph.node('c', 'MatMul', [x, graph.weight('ck', [5, 8 * 9 * 7])], {
      transpose_a: is.flag(false),
      transpose_b: is.flag(true),
    });
  },
  'sums and products with numbers, channels and tensors'(graph, image) {
    let x = graph.node('times', 'Mul', [graph.weight('t', []), image]);
    x = graph.node('minus', 'Sub', [x, graph.weight('m', [3])]);
    const y = graph.node('from', 'Sub', [graph.weight('f', [1, 1, 1, 3]), x]);
    const z = graph.node('divided', 'RealDiv', [y, graph.weight('d', [], 2)]);
    x = graph.node('sum', 'AddV2', [x, z]);
    x = graph.node('product', 'Mul', [x, y]);
    graph.node('difference', 'Sub', [x, graph.node('plus', 'Add', [z, graph.weight('p', [])])]);
  },
  'padding, pooling, joining, squeezing'(graph, image) {
    let x = graph.node('pad', 'Pad', [image, graph.integers('borders', [4, 2], [0, 0, 1, 2, 0, 3, 0, 0])]);
    const left = graph.node('most', 'MaxPool', [x], pool(2, 'VALID'));
    const right = graph.node('mean', 'AvgPool', [x], pool(2, 'VALID'));
    x = graph.node('joined', 'ConcatV2', [left, right, graph.integers('axis', [], [3])]);
    x = graph.node('kept', 'Mean', [x, graph.integers('axes', [2], [1, 2])], { keep_dims: is.flag(true) });
    x = graph.node('squeezed', 'Squeeze', [x], { squeeze_dims: is.integers(1, 2) });
    graph.node('out', 'Identity', [x, '^pad']);
  },
};
for (const op of ['Relu', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Softmax', 'LeakyRelu']) {
  graphs[op] = (graph, image) =>
    graph.node('out', op, [image], op === 'LeakyRelu' ? { alpha: is.number(0.3) } : {});
}

async function runInTfjs(graph: GraphWriter, input: Float32Array, shape: number[]): Promise<Float32Array> {
  const { buffer, byteOffset, length } = graph.weightData;
  const weightData = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  const artifacts = {
    ...graph.model(),
    weightSpecs: graph.weights as tf.io.WeightsManifestEntry[],
    weightData,
  };
  const model = await loadGraphModel({ load: async () => artifacts });
  return (model.predict(tf.tensor(input, shape)) as tf.Tensor).dataSync() as Float32Array;
}

describe('a graph model gives the answers that it gives in tfjs', () => {
  for (const [title, write] of Object.entries(graphs)) {
    test(title, async () => {
      const graph = new GraphWriter();
      write(graph, graph.image(17, 14, 3));
      graph.write(dir);
      const input = Float32Array.from({ length: 17 * 14 * 3 }, (_, i) => 5 * Math.sin(i * 0.37));
      const expected = await runInTfjs(graph, input, [1, 17, 14, 3]);
      const session = await openSession(compileOnnx(await readGraphModel(dir)));
      const { data } = await session.run(input, [1, 17, 14, 3]);
      assert.equal(data.length, expected.length);
      const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0);
      assert.ok(difference < 1e-4, `differs by ${difference}`);
    });
  }
});

const broken: [title: string, write: (graph: GraphWriter, image: string) => void, message: RegExp][] = [
  [
    'an operation without a layer',
    (graph, image) => graph.node('top', 'ArgMax', [image]),
    /node "top" is a ArgMax, which is not supported. Supported: Placeholder/,
  ],
  [
    'a ring',
    graph => graph.node('a', 'AddV2', [graph.node('b', 'AddV2', ['a', 'image']), 'image']),
    /inputs of .* form a ring/,
  ],
  [
    'a missing node',
    (graph, image) => graph.node('a', 'AddV2', [image, 'gone']),
    /inputs of "a" are missing/,
  ],
  [
    'a kernel that is computed',
    (graph, image) => graph.node('a', 'Conv2D', [image, image], window(1)),
    /input 2 is not a constant/,
  ],
  ['no image', graph => graph.node('a', 'Relu', [graph.weight('w', [3])]), /does not depend on the image/],
  [
    'two images',
    (graph, image) => graph.node('a', 'AddV2', [image, graph.node('other', 'Placeholder', [])]),
    /has 2 inputs/,
  ],
  [
    'a dilation that would fill the memory',
    (graph, image) =>
      graph.node('a', 'DepthwiseConv2dNative', [image, graph.weight('k', [3, 3, 3, 1])], {
        ...window(1),
        dilations: is.integers(1, 1e6, 1e6, 1),
      }),
    /its dilations are 1000000 and 1000000/,
  ],
  [
    'a reshape that mixes images',
    (graph, image) => graph.node('a', 'Reshape', [image, graph.integers('s', [2], [17, -1])]),
    /mixes images/,
  ],
];
for (const [title, write, message] of broken) {
  test(`a graph model with ${title} is refused`, async () => {
    const graph = new GraphWriter();
    write(graph, graph.image(17, 14, 3));
    graph.write(dir);
    await assert.rejects(readGraphModel(dir), { name: 'FinetuneError', message });
  });
}

test('a dilated depthwise kernel is written out, since tfjs takes no notice of a dilation there', async () => {
  const graph = new GraphWriter();
  const dilated = { ...window(1), dilations: is.integers(1, 2, 3, 1) };
  graph.node(
    'a',
    'DepthwiseConv2dNative',
    [graph.image(17, 14, 3), graph.weight('k', [3, 2, 3, 1])],
    dilated,
  );
  graph.write(dir);
  const { topology, weights } = await readGraphModel(dir);
  const config = topology.config.layers.at(-1)?.config;
  assert.deepEqual([config?.kernel_size, config?.dilation_rate], [[5, 4], undefined]);
  assert.deepEqual(weights.get('a/depthwise_kernel')?.shape, [5, 4, 3, 1]);
});

test('of several outputs the first is taken, and the others are told of', async () => {
  const graph = new GraphWriter();
  const scores = graph.node('scores', 'Relu', [graph.image(17, 14, 3)]);
  graph.node('boxes', 'Tanh', [scores]);
  graph.write(dir);
  const outputs = { a: { name: 'scores:0' }, b: { name: 'boxes:0' } };
  writeFileSync(join(dir, 'model.json'), JSON.stringify({ ...graph.model(), signature: { outputs } }));
  const { topology, notes } = await readGraphModel(dir);
  assert.deepEqual(topology.config.output_layers, [['scores', 0, 0]]);
  assert.match(notes.join(), /^The graph model has 2 outputs, of which scores is taken\. If boxes is meant/);
});

test('shards that are cut short, or lie elsewhere, are refused', async () => {
  const graph = new GraphWriter();
  graph.node('out', 'Mul', [graph.image(17, 14, 3), graph.weight('w', [3])]);
  graph.write(dir);
  writeFileSync(join(dir, 'shard.bin'), graph.weightData.subarray(1));
  await assert.rejects(readGraphModel(dir), { code: 'bad-model', message: /cut short/ });
  const model = readFileSync(join(dir, 'model.json'), 'utf8').replace('shard.bin', '../shard.bin');
  writeFileSync(join(dir, 'model.json'), model);
  await assert.rejects(readGraphModel(dir), { code: 'bad-model', message: /file name without folders/ });
});
