// Fully connected layers.

import { lowerActivation } from './activations.js';
import type { LayerCall, Lowering } from './layer-call.js';
import { inOrder, type Value } from './value.js';

export const denseLowerings: Readonly<Record<string, Lowering>> = { Dense: lowerDense };

function lowerDense(call: LayerCall): Value {
  const input = inOrder(call.graph, call.input, 'channels-last');
  const kernel = call.weight('kernel', [input.shape.at(-1) ?? null, null]);
  const units = kernel.shape[1]!;
  const inputs = [input.name, call.graph.constant(kernel.name, kernel.shape, () => kernel.data)];
  if (call.flag('use_bias', true)) {
    const bias = call.weight('bias', [units]);
    inputs.push(call.graph.constant(bias.name, bias.shape, () => bias.data));
  }
  const shape = [...input.shape.slice(0, -1), units];
  const name = shape.length === 2 ? call.graph.node('Gemm', call.name, inputs) : multiply(call, inputs);
  return lowerActivation(call, { name, shape, order: 'channels-last' });
}

/** Gemm takes matrices only; over more axes Keras multiplies the last one. */
function multiply(call: LayerCall, [input, kernel, bias]: string[]): string {
  const product = call.graph.node('MatMul', call.name, [input!, kernel!]);
  return bias === undefined ? product : call.graph.node('Add', `${call.name}/biased`, [product, bias]);
}
