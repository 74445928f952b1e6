// The one walk through a network: its layers' calls in the order of computation, each with the shapes that go in and
// that come out. Summaries, cuts and the lowering to ONNX all go this way.

import { FinetuneError } from '../errors.js';
import { layerShape } from './layer-shape.js';
import type { InboundTensor, LayerConfig, Network, TensorReference } from './network.js';
import { inOrderOfNeed } from './order.js';
import type { Shape } from './shape-rules.js';

/** One call of a layer: a shared layer is called several times. Shapes are without the batch dimension. */
export interface LayerCall {
  readonly layer: LayerConfig;
  readonly nodeIndex: number;
  readonly inputs: readonly InboundTensor[];
  readonly inputShapes: readonly Shape[];
  /** The shape of the output, e.g. `[7, 7, 512]`; null is open. */
  readonly shape: Shape;
}

/** All calls of a network. */
export class Walk {
  readonly #byKey: ReadonlyMap<string, LayerCall>;

  constructor(
    /** In the order of computation. */
    readonly calls: readonly LayerCall[],
  ) {
    this.#byKey = new Map(calls.map(call => [callKey(call.layer.config.name, call.nodeIndex), call]));
  }

  /**
   * The call that gives a tensor.
   * @throws FinetuneError `bad-model` where there is none
   */
  callOf = ([layer, nodeIndex]: TensorReference | InboundTensor): LayerCall => {
    const call = this.#byKey.get(callKey(layer, nodeIndex));
    if (call !== undefined) return call;
    throw new FinetuneError(
      'bad-model',
      `The network refers to call ${nodeIndex} of "${layer}", which it does not have. The file is damaged.`,
    );
  };
}

/** Key of a call: layer name and node index. All layers here have one output, so the tensor index says nothing. */
export function callKey(layer: string, nodeIndex: number): string {
  return `${nodeIndex}:${layer}`;
}

/**
 * Every call that the network's layers list, inputs before their users, otherwise in the order of the list.
 * @throws FinetuneError `unsupported-layer` for an unknown class; `bad-model` where inputs are missing, layers form a
 * ring or shapes do not fit
 */
export function walk({ topology }: Pick<Network, 'topology'>): Walk {
  const shapes = new Map<string, Shape>();
  const calls = inOrderOfNeed(topology.config.layers.flatMap(plannedCalls)).map(({ key, needs, ...call }) => {
    const { class_name: className, config } = call.layer;
    const inputShapes = needs.map(need => shapes.get(need) ?? []);
    const shape = layerShape(className, config, inputShapes, `"${config.name}"`);
    shapes.set(key, shape);
    return { ...call, inputShapes, shape };
  });
  return new Walk(calls);
}

/**
 * Shape of the network's first output, without the batch dimension, e.g. `[7, 7, 512]`; null where open.
 * @throws FinetuneError as `walk`
 */
export function outputShape(network: Pick<Network, 'topology'>): Shape {
  return walk(network).callOf(outputOf(network)).shape;
}

/** The reference to the first output; every network has one. */
export function outputOf({ topology }: Pick<Network, 'topology'>): TensorReference {
  const [output] = topology.config.output_layers;
  if (output !== undefined) return output;
  throw new FinetuneError('bad-model', `The network "${topology.config.name}" has no output.`);
}

function plannedCalls(layer: LayerConfig) {
  const { name } = layer.config;
  const nodes = layer.inbound_nodes ?? [];
  const calls = nodes.length === 0 ? [[]] : nodes;
  return calls.map((inputs, nodeIndex) => ({
    layer,
    nodeIndex,
    inputs,
    key: callKey(name, nodeIndex),
    needs: inputs.map(([input, node]) => callKey(input, node)),
    place: `"${name}"`,
  }));
}
