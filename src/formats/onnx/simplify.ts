// Rewrites of a lowered graph that make it smaller: what nothing needs goes, padding goes into convolutions, batch
// normalisation into the linear node before it. ONNX Runtime could do most of it, but at every start of every session.

import { consumersOf, type Initializer, intsOf, type OnnxGraph, type OnnxNode } from './graph.js';

/** The same function with fewer nodes. */
export function simplify(graph: OnnxGraph): OnnxGraph {
  const passes = [dropUnused, foldPadding, foldBatchNormalization, dropUnused];
  return passes.reduce((current, pass) => pass(current), graph);
}

/** Keeps only nodes and constants that lead to the output. */
export function dropUnused(graph: OnnxGraph): OnnxGraph {
  const needed = new Set([graph.output.name]);
  const nodes = graph.nodes
    .toReversed()
    .filter(node => {
      const isNeeded = node.outputs.some(output => needed.has(output));
      if (isNeeded) for (const input of node.inputs) needed.add(input);
      return isNeeded;
    })
    .reverse();
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes, initializers };
}

/** A ZeroPadding2D before a convolution becomes its own padding; the Pad itself is left for `dropUnused`. */
function foldPadding(graph: OnnxGraph): OnnxGraph {
  const pads = new Map(graph.nodes.filter(node => node.op === 'Pad').map(node => [node.outputs[0], node]));
  if (pads.size === 0) return graph;
  const consumers = consumersOf(graph);
  const nodes = graph.nodes.map(node => {
    const pad = pads.get(node.inputs[0] ?? '');
    const isOnlyForConvolutions = pad && consumers.get(pad.outputs[0])?.every(takesPadding);
    return isOnlyForConvolutions ? mergePadding(graph, pad, node) : node;
  });
  return { ...graph, nodes };
}

/** Max pooling does not: it pads with minus infinity, not with zero. */
function takesPadding(node: OnnxNode): boolean {
  return node.op === 'Conv' && 'pads' in node.attributes;
}

function mergePadding(graph: OnnxGraph, pad: OnnxNode, convolution: OnnxNode): OnnxNode {
  const [input = '', margins = ''] = pad.inputs;
  // Per axis: batch, channels, height, width; first what comes before, then what comes after.
  const [, , top = 0, left = 0, , , bottom = 0, right = 0] = numbersOf(graph.initializers, margins);
  const [ownTop = 0, ownLeft = 0, ownBottom = 0, ownRight = 0] = intsOf(convolution, 'pads', []);
  const pads = [top + ownTop, left + ownLeft, bottom + ownBottom, right + ownRight];
  return {
    ...convolution,
    inputs: [input, ...convolution.inputs.slice(1)],
    attributes: { ...convolution.attributes, pads: { ints: pads } },
  };
}

/**
 * Folds every BatchNormalization into the convolution or matrix product before it, where nothing else reads that one:
 * in inference mode it is `x * factor + shift` per channel, and (W x + b) * factor + shift =
 * (W * factor) x + (b * factor + shift). Worked out in double precision.
 */
function foldBatchNormalization(graph: OnnxGraph): OnnxGraph {
  const consumers = consumersOf(graph);
  const producers = new Map(graph.nodes.map(node => [node.outputs[0], node]));
  const initializers = new Map(graph.initializers);
  const replaced = new Map<OnnxNode, OnnxNode | undefined>();
  for (const normalization of graph.nodes.filter(node => node.op === 'BatchNormalization')) {
    const linear = producers.get(normalization.inputs[0] ?? '');
    if (linear === undefined || !isLinear(graph, linear)) continue;
    if ((consumers.get(linear.outputs[0])?.length ?? 0) > 1) continue;
    replaced.set(linear, fold(linear, normalization, initializers));
    replaced.set(normalization, undefined);
  }
  const nodes = graph.nodes.flatMap(node => (replaced.has(node) ? (replaced.get(node) ?? []) : node));
  return { ...graph, nodes, initializers };
}

function isLinear(graph: OnnxGraph, { op, inputs }: OnnxNode): boolean {
  return ['Conv', 'ConvTranspose', 'Gemm'].includes(op) && graph.initializers.has(inputs[1] ?? '');
}

/** Appends the new weights to `initializers` and returns the node that uses them and writes the normalised value. */
function fold(linear: OnnxNode, normalization: OnnxNode, initializers: Map<string, Initializer>): OnnxNode {
  const [input = '', kernelName = '', biasName] = linear.inputs;
  const bias = biasName === undefined ? [] : numbersOf(initializers, biasName);
  const channels = planChannels(normalization, initializers);
  const shifted = Float32Array.from(channels, ({ factor, shift }, i) => (bias[i] ?? 0) * factor + shift);
  const names = [`${normalization.name}/kernel`, `${normalization.name}/bias`] as const;
  const kernel = initializers.get(kernelName);
  if (kernel === undefined) throw new Error(`The graph has no constant "${kernelName}".`);
  const factors = channels.map(({ factor }) => factor);
  initializers.set(names[0], {
    shape: kernel.shape,
    get data() {
      return scaleOutputs(linear, kernel, factors);
    },
  });
  initializers.set(names[1], { shape: [shifted.length], data: shifted });
  return { ...linear, inputs: [input, ...names], outputs: normalization.outputs };
}

interface Channel {
  readonly factor: number;
  readonly shift: number;
}

/** What the normalisation does to each channel. */
function planChannels(
  normalization: OnnxNode,
  initializers: ReadonlyMap<string, Initializer>,
): readonly Channel[] {
  const [, gamma = '', beta = '', mean = '', variance = ''] = normalization.inputs;
  const { epsilon } = normalization.attributes;
  const added = epsilon !== undefined && 'float' in epsilon ? epsilon.float : 1e-5;
  const scales = numbersOf(initializers, gamma);
  const offsets = numbersOf(initializers, beta);
  const means = numbersOf(initializers, mean);
  return numbersOf(initializers, variance).map((value, i) => {
    const factor = (scales[i] ?? 1) / Math.sqrt(value + added);
    return { factor, shift: (offsets[i] ?? 0) - (means[i] ?? 0) * factor };
  });
}

/** The kernel with everything that leads to output channel `i` multiplied by `factors[i]`. */
function scaleOutputs(
  linear: OnnxNode,
  { shape, data }: Initializer,
  factors: readonly number[],
): Float32Array {
  // Numbers that share an output channel lie together, `run` at a time; then the next channel's follow.
  const outputAxis = linear.op === 'Conv' ? 0 : 1;
  const run = shape.slice(outputAxis + 1).reduce((product, size) => product * size, 1);
  const scaled = new Float32Array(data.length);
  for (let start = 0, channel = 0; start < data.length; start += run, channel++) {
    const factor = factors[channel % factors.length] ?? 1;
    for (let i = start; i < start + run; i++) scaled[i] = Number(data[i]) * factor;
  }
  return scaled;
}

function numbersOf(initializers: ReadonlyMap<string, Initializer>, name: string): readonly number[] {
  const found = initializers.get(name);
  if (found === undefined) throw new Error(`The graph has no constant "${name}".`);
  return Array.from<number | bigint, number>(found.data, Number);
}
