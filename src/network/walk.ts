// Shapes through a network, layer by layer in the order of computation.

import { FinetuneError } from '../errors.js';
import { layerShape } from './layer-shape.js';
import type { InboundTensor, LayerConfig, Network, TensorReference } from './network.js';
import type { Shape } from './shape-rules.js';

/** One call of a layer: a shared layer is called several times. */
export interface LayerCall {
  readonly layer: LayerConfig;
  readonly nodeIndex: number;
  readonly inputs: readonly InboundTensor[];
  readonly shape: Shape;
}

/** Key of a call: layer name and node index. */
export function callKey(layer: string, nodeIndex: number): string {
  return `${nodeIndex}:${layer}`;
}

/**
 * Shape of the network's first output, without the batch dimension, e.g. `[7, 7, 512]`; null where open.
 * @throws FinetuneError as `layerCalls`
 */
export function outputShape(network: Network): Shape {
  return shapeOf(network.topology.config.output_layers[0]!, layerCalls(network));
}

/** Shape of one tensor among a network's calls. */
export function shapeOf(
  [layer, nodeIndex]: TensorReference | InboundTensor,
  calls: ReadonlyMap<string, LayerCall>,
): Shape {
  return calls.get(callKey(layer, nodeIndex))!.shape;
}

/**
 * Every call that the network's layers list, inputs before their users, with its output shape.
 * @returns by `callKey`, in the order of computation
 * @throws FinetuneError `unsupported-layer` for an unknown class; `bad-model` where shapes do not fit or layers form a ring
 */
export function layerCalls(network: Network): ReadonlyMap<string, LayerCall> {
  const calls = new Map<string, LayerCall>();
  let waiting = network.topology.config.layers.flatMap(plannedCalls);
  while (waiting.length > 0) {
    const later = waiting.filter(call => {
      if (!call.inputs.every(([layer, nodeIndex]) => calls.has(callKey(layer, nodeIndex)))) return true;
      const { class_name: className, config } = call.layer;
      const inputs = call.inputs.map(input => shapeOf(input, calls));
      const shape = layerShape(className, config, inputs, `"${config.name}"`);
      calls.set(callKey(call.layer.config.name, call.nodeIndex), { ...call, shape });
      return false;
    });
    if (later.length === waiting.length) {
      const names = later.slice(0, 3).map(({ layer }) => `"${layer.config.name}"`);
      throw new FinetuneError('bad-model', `The inputs of ${names.join(', ')} are missing or form a ring.`);
    }
    waiting = later;
  }
  return calls;
}

function plannedCalls(layer: LayerConfig): Omit<LayerCall, 'shape'>[] {
  const nodes = layer.inbound_nodes ?? [];
  if (nodes.length === 0) return [{ layer, nodeIndex: 0, inputs: [] }];
  return nodes.map((inputs, nodeIndex) => ({ layer, nodeIndex, inputs }));
}
