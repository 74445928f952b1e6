// Batch normalisation in inference mode is `x * factor + shift` per channel, so that the linear node before it can do it:
// (W x + b) * factor + shift = (W * factor) x + (b * factor + shift). Worked out in double precision.

import { consumersOf, type Initializer, type OnnxGraph, type OnnxNode } from '../graph.js';

/** Folds every BatchNormalization into the convolution or matrix product before it, where nothing else reads that one. */
export function foldBatchNormalization(graph: OnnxGraph): OnnxGraph {
  const consumers = consumersOf(graph);
  const producers = new Map(graph.nodes.map(node => [node.outputs[0]!, node]));
  const initializers = new Map(graph.initializers);
  const replaced = new Map<OnnxNode, OnnxNode | undefined>();
  for (const normalization of graph.nodes.filter(node => node.op === 'BatchNormalization')) {
    const linear = producers.get(normalization.inputs[0]!);
    if (linear === undefined || !isLinear(graph, linear)) continue;
    if (consumers.get(linear.outputs[0]!)!.length > 1) continue;
    replaced.set(linear, fold(linear, normalization, initializers));
    replaced.set(normalization, undefined);
  }
  const nodes = graph.nodes.flatMap(node => (replaced.has(node) ? (replaced.get(node) ?? []) : node));
  return { ...graph, nodes, initializers };
}

function isLinear(graph: OnnxGraph, node: OnnxNode): boolean {
  return ['Conv', 'ConvTranspose', 'Gemm'].includes(node.op) && graph.initializers.has(node.inputs[1]!);
}

/** Appends the new weights to `initializers` and returns the node that uses them and writes the normalised value. */
function fold(linear: OnnxNode, normalization: OnnxNode, initializers: Map<string, Initializer>): OnnxNode {
  const floats = (name: string) => initializers.get(name)!.data as Float32Array;
  const { factors, shifts } = planFactors(normalization, floats);
  const [input, kernelName, biasName] = linear.inputs;
  const kernel = initializers.get(kernelName!)!;
  const bias = biasName === undefined ? undefined : floats(biasName);
  const shifted = Float32Array.from(factors, (factor, i) => (bias?.[i] ?? 0) * factor + shifts[i]!);
  const names = [`${normalization.name}/kernel`, `${normalization.name}/bias`] as const;
  initializers.set(names[0], {
    shape: kernel.shape,
    get data() {
      return scaleOutputs(linear, kernel, factors);
    },
  });
  initializers.set(names[1], { shape: [shifted.length], data: shifted });
  return { ...linear, inputs: [input!, ...names], outputs: normalization.outputs };
}

function planFactors(
  normalization: OnnxNode,
  floats: (name: string) => Float32Array,
): { factors: Float64Array; shifts: Float64Array } {
  const [, gamma, beta, mean, variance] = normalization.inputs;
  const epsilon = normalization.attributes.epsilon;
  const added = epsilon !== undefined && 'float' in epsilon ? epsilon.float : 1e-5;
  const scales = floats(gamma!);
  const factors = Float64Array.from(floats(variance!), (value, i) => scales[i]! / Math.sqrt(value + added));
  const means = floats(mean!);
  const shifts = Float64Array.from(floats(beta!), (value, i) => value - means[i]! * factors[i]!);
  return { factors, shifts };
}

/** The kernel with everything that leads to output channel `i` multiplied by `factors[i]`. */
function scaleOutputs(linear: OnnxNode, { shape, data }: Initializer, factors: Float64Array): Float32Array {
  // Numbers that share an output channel lie together, `run` at a time; then the next channel's follow.
  const outputAxis = linear.op === 'Conv' ? 0 : 1;
  const run = shape.slice(outputAxis + 1).reduce((product, size) => product * size, 1);
  const scaled = new Float32Array(data.length);
  for (let start = 0, channel = 0; start < data.length; start += run, channel++) {
    const factor = factors[channel % factors.length]!;
    for (let i = start; i < start + run; i++) scaled[i] = Number(data[i]) * factor;
  }
  return scaled;
}
