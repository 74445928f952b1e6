// Network and calibration -> ONNX file on bytes, in memory.

import type { Network } from '../../types.js';
import { compileGraph } from '../onnx/compile.js';
import { encodeModel } from '../onnx/encode.js';
import type { OnnxGraph } from '../onnx/graph.js';
import type { Calibration } from './calibration.js';
import { padImageChannels } from './pad-channels.js';
import { planQuantization } from './plan.js';
import type { Quantization } from './quantization.js';
import { type OutputType, rewriteGraph } from './rewrite.js';

export interface QuantizedModel {
  readonly model: Uint8Array;
  /** What the output's bytes stand for; absent where the output is float. */
  readonly output: Quantization | undefined;
}

/**
 * Compiles a network to an ONNX model that runs on bytes wherever the calibration has looked. Layers that it has not
 * seen, say a head on top of a calibrated base, run in float.
 * @param outputType `uint8` gives the output as bytes, where it is quantised: exact, and a quarter of the size
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`
 */
export function compileQuantized(
  network: Network,
  calibration: Calibration,
  outputType: OutputType = 'float32',
): QuantizedModel {
  return quantizeGraph(compileGraph(network), calibration, outputType);
}

/** The same, from a graph. */
export function quantizeGraph(
  graph: OnnxGraph,
  calibration: Calibration,
  outputType: OutputType = 'float32',
): QuantizedModel {
  const first = graph.nodes.find(node => node.op === 'Conv');
  const padded = calibration.floatLayers === 0 ? padImageChannels(graph, first) : graph;
  const plan = planQuantization(padded, calibration);
  const rewritten = rewriteGraph(padded, plan, calibration, outputType);
  const output = rewritten.output.type === 'uint8' ? plan.values.get(graph.output.name) : undefined;
  return { model: encodeModel(rewritten), output };
}
