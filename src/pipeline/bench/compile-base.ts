// A base in the precision that is to be measured, as training runs it.

import { FinetuneError } from '../../errors.js';
import type { ImageInput } from '../../runtime/image-input.js';
import { compileFastGraph, compileGraph } from '../../runtime/onnx/compile.js';
import type { OnnxGraph } from '../../runtime/onnx/graph.js';
import { choosePrecision } from '../../runtime/quantise/choose.js';
import { quantizeGraph } from '../../runtime/quantise/compile.js';
import type { BenchSetting, Network } from '../../types.js';

/**
 * Compiles a base to ONNX; for int8 it is the best of several quantisations, chosen as training chooses.
 * @param inputs to calibrate on
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`; `bad-data-set` with too few images for int8
 */
export async function compileBase(
  network: Network,
  precision: BenchSetting['precision'],
  inputs: readonly ImageInput[],
): Promise<OnnxGraph> {
  if (precision === 'fp32') return compileFastGraph(network);
  const { calibration } = await choosePrecision(network, inputs, { threads: 1, force: true });
  if (calibration !== undefined) return quantizeGraph(compileGraph(network), calibration).graph;
  throw new FinetuneError(
    'bad-data-set',
    `int8 needs at least 2 readable images to calibrate on; received ${inputs.length}.`,
  );
}
