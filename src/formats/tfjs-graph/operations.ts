// What each operation of a graph becomes in layers: a row per operation.

import { FinetuneError } from '../../errors.js';
import { activation, activationNames } from './activations.js';
import { add, divide, multiply, subtract } from './arithmetic.js';
import type { Operation, Value } from './builder.js';
import { convolution, depthwiseConvolution, matrixProduct } from './kernels.js';
import { batchNormalization, mean, pooling } from './pooling.js';
import { concatenation, padding, placeholder, reshape, squeeze } from './shaping.js';

type Rule = (operation: Operation) => Value;

const rules: ReadonlyMap<string, Rule> = new Map([
  ...rows(placeholder, 'Placeholder'),
  ...rows(({ inputs }) => inputs[0]!, 'Identity', 'StopGradient', 'Snapshot', 'PreventGradient'),
  ...rows(convolution, 'Conv2D', '_FusedConv2D', 'FusedConv2D'),
  ...rows(depthwiseConvolution, 'DepthwiseConv2dNative', 'FusedDepthwiseConv2dNative'),
  ...rows(matrixProduct, 'MatMul', '_FusedMatMul', 'FusedMatMul'),
  ...rows(add, 'BiasAdd', 'Add', 'AddV2'),
  ...rows(subtract, 'Sub'),
  ...rows(multiply, 'Mul'),
  ...rows(divide, 'RealDiv'),
  ...rows(batchNormalization, 'FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'),
  ...rows(pooling, 'MaxPool', 'AvgPool'),
  ...rows(mean, 'Mean'),
  ...rows(padding, 'Pad', 'PadV2'),
  ...rows(reshape, 'Reshape'),
  ...rows(squeeze, 'Squeeze'),
  ...rows(concatenation, 'ConcatV2'),
  ...rows(activation, ...activationNames),
]);

function rows(rule: Rule, ...names: string[]): (readonly [string, Rule])[] {
  return names.map(name => [name, rule]);
}

/**
 * Turns one operation into layers.
 * @throws FinetuneError `unsupported-layer` naming the node, and what is supported
 */
export function convertOperation(operation: Operation): Value {
  const { name, op } = operation.node;
  const rule = rules.get(op);
  if (rule !== undefined) return rule(operation);
  throw new FinetuneError(
    'unsupported-layer',
    `The graph's node "${name}" is a ${op}, which is not supported. Supported: ${[...rules.keys()].join(', ')}.`,
  );
}
