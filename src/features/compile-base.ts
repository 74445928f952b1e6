// A base in the precision that is to be measured, as training runs it.

import { FinetuneError } from '../errors.js';
import { compileFastGraph, compileGraph } from '../formats/onnx/compile.js';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import type { BenchSetting } from '../inference/bench-measurement.js';
import { choosePrecision } from '../inference/int8/choose.js';
import { quantizeGraph } from '../inference/int8/rewrite.js';
import type { ImageBatch } from '../inference/session.js';
import type { Network } from '../network/network.js';

/**
 * Compiles a base to ONNX; for int8 it is the best of several quantisations, chosen as training chooses.
 * @param inputs to calibrate on
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`; `bad-data-set` with too few images for int8
 */
export async function compileBase(
  network: Network,
  precision: BenchSetting['precision'],
  inputs: readonly ImageBatch[],
): Promise<OnnxGraph> {
  if (precision === 'fp32') return compileFastGraph(network);
  const { calibration } = await choosePrecision(network, inputs, { threads: 1, force: true });
  if (calibration !== undefined) return quantizeGraph(compileGraph(network), calibration).graph;
  throw new FinetuneError(
    'bad-data-set',
    `int8 needs at least 2 readable images to calibrate on; received ${inputs.length}.`,
  );
}
