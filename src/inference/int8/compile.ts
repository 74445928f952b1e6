// Network and calibration -> ONNX on bytes.

import { compileGraph } from '../../formats/onnx/compile.js';
import { encodeModel } from '../../formats/onnx/encode.js';
import type { OnnxGraph } from '../../formats/onnx/graph.js';
import type { Network } from '../../network/network.js';
import type { Calibration } from './calibration.js';
import { padImageChannels } from './pad-channels.js';
import { planQuantization } from './plan.js';
import type { Quantization } from './quantization.js';
import { type OutputType, rewriteGraph } from './rewrite.js';

export interface QuantizedGraph {
  readonly graph: OnnxGraph;
  /** What the output's bytes stand for; absent where the output is float. */
  readonly output: Quantization | undefined;
}

/**
 * Compiles a network to an ONNX model that runs on bytes wherever the calibration has looked, and answers in float.
 * Layers that the calibration has not seen, say a head on top of a calibrated base, run in float.
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`
 */
export function compileQuantized(network: Network, calibration: Calibration): Uint8Array {
  return encodeModel(quantizeGraph(compileGraph(network), calibration).graph);
}

/**
 * The same, from a graph and before it is encoded.
 * @param outputType `uint8` gives the output as bytes, where it is quantised: exact, and a quarter of the size
 */
export function quantizeGraph(
  graph: OnnxGraph,
  calibration: Calibration,
  outputType: OutputType = 'float32',
): QuantizedGraph {
  const first = graph.nodes.find(node => node.op === 'Conv');
  const padded = calibration.floatLayers === 0 ? padImageChannels(graph, first) : graph;
  const plan = planQuantization(padded, calibration);
  const rewritten = rewriteGraph(padded, plan, calibration, outputType);
  const output = rewritten.output.type === 'uint8' ? plan.values.get(graph.output.name) : undefined;
  return { graph: rewritten, output };
}
