// Activations, as operations of their own and fused into kernels.

import type { Builder, Operation, Tensor } from './builder.js';
import type { GraphNode } from './graph.js';
import { tensorAt } from './operands.js';

type PlanLayer = (node: GraphNode) => readonly [className: string, config: Readonly<Record<string, unknown>>];

const plain = ['Relu', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus'];

/** Class and config of the layer, by operation. */
const layers: ReadonlyMap<string, PlanLayer> = new Map<string, PlanLayer>([
  ...plain.map((name): [string, PlanLayer] => [
    name,
    () => ['Activation', { activation: name.toLowerCase() }],
  ]),
  ['Relu6', () => ['ReLU', { max_value: 6 }]],
  ['Softmax', () => ['Softmax', { axis: -1 }]],
  ['LeakyRelu', ({ attr }) => ['LeakyReLU', { alpha: attr.alpha?.f ?? attr.leakyrelu_alpha?.f ?? 0.2 }]],
]);

export const activationNames: readonly string[] = [...layers.keys()];

/** An activation that is a node. */
export function activation(operation: Operation): Tensor {
  return activate(operation.build, operation.node, operation.node.op, tensorAt(operation, 0));
}

/** Applies an activation by its operation's name. */
export function activate(build: Builder, node: GraphNode, name: string, input: Tensor): Tensor {
  const [className, config] = layers.get(name)!(node);
  return build.add(node, className, [input], config);
}
