// Writes a quantisation plan into a graph: QuantizeLinear and DequantizeLinear around every node that runs on bytes.
// ONNX Runtime recognises these groups and runs each as one operator on bytes.

import {
  type Initializer,
  intOf,
  type OnnxGraph,
  type OnnxNode,
  type TensorData,
} from '../../formats/onnx/graph.js';
import { dropUnused } from '../../formats/onnx/simplify.js';
import type { Calibration } from './calibration.js';
import type { QuantizationPlan } from './plan.js';
import { quantizeWeights } from './weights.js';

export type OutputType = 'float32' | 'uint8';

/** The same network with the planned nodes on bytes; its output is float, or the bytes themselves. */
export function rewriteGraph(
  graph: OnnxGraph,
  plan: QuantizationPlan,
  calibration: Calibration,
  outputType: OutputType,
): OnnxGraph {
  const rewriter = new Rewriter(graph, plan, calibration, outputType);
  const { nodes, initializers } = rewriter.rewrite();
  const output = rewriter.writesBytes
    ? { ...graph.output, name: `${graph.output.name}/bytes`, type: outputType }
    : { ...graph.output, name: rewriter.floatName(graph.output.name) };
  return dropUnused({ ...graph, nodes, initializers, output });
}

class Rewriter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: Map<string, Initializer>;

  constructor(
    readonly graph: OnnxGraph,
    readonly plan: QuantizationPlan,
    readonly calibration: Calibration,
    readonly outputType: OutputType,
  ) {
    this.#initializers = new Map(graph.initializers);
  }

  get writesBytes(): boolean {
    return this.outputType === 'uint8' && this.plan.values.has(this.graph.output.name);
  }

  rewrite(): Pick<OnnxGraph, 'nodes' | 'initializers'> {
    const skipped = new Set(this.plan.clamps.values());
    this.#quantizeValue(this.graph.input.name);
    for (const node of this.graph.nodes.filter(each => !skipped.has(each))) this.#addNode(node);
    return { nodes: this.#nodes, initializers: this.#initializers };
  }

  /** Under which name a value is read as float. */
  floatName(name: string): string {
    return this.plan.values.has(name) ? `${name}/float` : name;
  }

  #addNode(node: OnnxNode): void {
    const output = (this.plan.clamps.get(node) ?? node).outputs[0]!;
    const inputs = node.inputs.map(input => this.floatName(input));
    const onBytes = node.op === 'Conv' && this.plan.nodes.has(node);
    this.#nodes.push({
      ...node,
      inputs: onBytes ? [inputs[0]!, ...this.#quantizeWeights(node)] : inputs,
      outputs: [output],
    });
    this.#quantizeValue(output);
  }

  /** Puts the pair of nodes behind a value that is planned to be bytes. */
  #quantizeValue(name: string): void {
    const quantization = this.plan.values.get(name);
    if (quantization === undefined) return;
    const parameters = [
      this.#constant(`${name}/scale`, [], Float32Array.of(quantization.scale)),
      this.#constant(`${name}/zero`, [], Uint8Array.of(quantization.zeroPoint)),
    ];
    this.#push('QuantizeLinear', `${name}/bytes`, [name, ...parameters]);
    this.#push('DequantizeLinear', this.floatName(name), [`${name}/bytes`, ...parameters]);
  }

  #push(
    op: string,
    output: string,
    inputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
  ): void {
    this.#nodes.push({ op, name: output, inputs, outputs: [output], attributes });
  }

  #constant(name: string, shape: readonly number[], data: TensorData): string {
    this.#initializers.set(name, { shape, data });
    return name;
  }

  /** The names of kernel and bias, which lie in the graph as int8 and int32 with a scale per output channel. */
  #quantizeWeights(node: OnnxNode): [kernel: string, bias: string] {
    const [source, kernelName, biasName] = node.inputs;
    const { shape, data } = this.graph.initializers.get(kernelName!)!;
    const bias = biasName === undefined ? undefined : this.graph.initializers.get(biasName)!.data;
    const inputScale = this.plan.values.get(source!)!.scale;
    const outputs = shape[0]!;
    const quantized = quantizeWeights({
      kernel: data as Float32Array,
      outputs,
      groups: intOf(node, 'group', 1),
      positions: shape[2]! * shape[3]!,
      bias: bias as Float32Array | undefined,
      inputScale,
      inputMeans: this.calibration.values.get(source!)?.means ?? [],
    });
    const zeros = new Int8Array(outputs).fill(quantized.zeroPoint);
    const biasScales = quantized.scales.map(scale => scale * inputScale);
    return [
      this.#dequantized(`${node.name}/kernel`, shape, [quantized.kernel, quantized.scales, zeros]),
      this.#dequantized(
        `${node.name}/bias`,
        [outputs],
        [quantized.bias, biasScales, new Int32Array(outputs)],
      ),
    ];
  }

  #dequantized(
    name: string,
    shape: readonly number[],
    [numbers, scales, zeros]: readonly [numbers: TensorData, scales: TensorData, zeros: TensorData],
  ): string {
    const inputs = [
      this.#constant(`${name}/numbers`, shape, numbers),
      this.#constant(`${name}/scales`, [scales.length], scales),
      this.#constant(`${name}/zeros`, [zeros.length], zeros),
    ];
    this.#push('DequantizeLinear', `${name}/float`, inputs, { axis: { int: 0 } });
    return `${name}/float`;
  }
}
