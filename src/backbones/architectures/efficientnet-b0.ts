// EfficientNetB0 (Tan and Le, 2019), layer for layer as in Keras; the input is normalised inside.

import { LayerGraph } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

/** Per stage: kernel size, blocks, input filters, output filters, expansion, stride of the first block. */
const stages = [
  [3, 1, 32, 16, 1, 1],
  [3, 2, 16, 24, 6, 2],
  [5, 2, 24, 40, 6, 2],
  [3, 3, 40, 80, 6, 2],
  [5, 3, 80, 112, 6, 1],
  [5, 4, 112, 192, 6, 2],
  [3, 1, 192, 320, 6, 1],
] as const;
const blockCount = stages.reduce((sum, [, blocks]) => sum + blocks, 0);
const dropConnectRate = 0.2;
const squeezeRatio = 0.25;
const activation = 'swish';
const pointwise = { padding: 'same', use_bias: false };

/** EfficientNetB0. Keras divides by the square root of the published deviations, on purpose: the weights expect it. */
export function planEfficientnetB0(options: TopologyOptions): FunctionalConfig {
  const graph = new LayerGraph();
  const input = graph.input('input_layer', options.inputSize);
  let x = stem(graph, normalise(graph, input));
  let index = 0;
  stages.forEach(([kernelSize, blocks, inputFilters, filters, expansion, firstStrides], stage) => {
    for (let i = 0; i < blocks; i++) {
      x = invertedResidual(graph, `block${stage + 1}${'abcd'[i]}_`, x, {
        kernelSize,
        inputFilters: i === 0 ? inputFilters : filters,
        filters,
        expansion,
        strides: i === 0 ? firstStrides : 1,
        dropRate: (dropConnectRate * index++) / blockCount,
      });
    }
  });
  x = graph.conv('top_conv', x, 1280, 1, pointwise);
  x = graph.activation('top_activation', graph.batchNorm('top_bn', x), activation);
  if (options.includeTop) {
    x = graph.dropout('top_dropout', graph.globalAveragePool('avg_pool', x), 0.2);
    x = graph.dense('predictions', x, 1000, 'softmax');
  }
  return graph.finish('efficientnetb0', input, x);
}

function normalise(graph: LayerGraph, input: string): string {
  let x = graph.add('Rescaling', 'rescaling', [input], { scale: 1 / 255, offset: 0 });
  x = graph.add('Normalization', 'normalization', [x], { axis: [-1], invert: false });
  const scale = [0.229, 0.224, 0.225].map(deviation => 1 / Math.sqrt(deviation));
  return graph.add('Rescaling', 'rescaling_1', [x], { scale, offset: 0 });
}

function stem(graph: LayerGraph, input: string): string {
  let x = graph.padForStride2('stem_conv_pad', input, 3);
  x = graph.conv('stem_conv', x, 32, 3, { strides: 2, use_bias: false });
  return graph.activation('stem_activation', graph.batchNorm('stem_bn', x), activation);
}

interface BlockOptions {
  readonly kernelSize: number;
  readonly inputFilters: number;
  readonly filters: number;
  readonly expansion: number;
  readonly strides: number;
  readonly dropRate: number;
}

function invertedResidual(graph: LayerGraph, name: string, input: string, options: BlockOptions): string {
  const { kernelSize, inputFilters, filters, expansion, strides, dropRate } = options;
  const width = inputFilters * expansion;
  let x = input;
  if (expansion !== 1) {
    x = graph.batchNorm(`${name}expand_bn`, graph.conv(`${name}expand_conv`, x, width, 1, pointwise));
    x = graph.activation(`${name}expand_activation`, x, activation);
  }
  if (strides === 2) x = graph.padForStride2(`${name}dwconv_pad`, x, kernelSize);
  x = graph.batchNorm(`${name}bn`, graph.depthwise(`${name}dwconv`, x, kernelSize, strides));
  x = graph.activation(`${name}activation`, x, activation);
  x = squeezeAndExcite(graph, name, x, width, Math.max(1, Math.floor(inputFilters * squeezeRatio)));
  x = graph.batchNorm(`${name}project_bn`, graph.conv(`${name}project_conv`, x, filters, 1, pointwise));
  if (strides !== 1 || inputFilters !== filters) return x;
  if (dropRate > 0) x = graph.dropout(`${name}drop`, x, dropRate, { noise_shape: [null, 1, 1, 1] });
  return graph.add('Add', `${name}add`, [x, input]);
}

function squeezeAndExcite(
  graph: LayerGraph,
  name: string,
  input: string,
  width: number,
  squeezed: number,
): string {
  let gate = graph.globalAveragePool(`${name}se_squeeze`, input);
  gate = graph.add('Reshape', `${name}se_reshape`, [gate], { target_shape: [1, 1, width] });
  gate = graph.conv(`${name}se_reduce`, gate, squeezed, 1, { padding: 'same', activation });
  gate = graph.conv(`${name}se_expand`, gate, width, 1, { padding: 'same', activation: 'sigmoid' });
  return graph.add('Multiply', `${name}se_excite`, [input, gate]);
}
