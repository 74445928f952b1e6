// Network -> ONNX file, in memory.

import type { Network } from '../../network/network.js';
import { encodeModel } from './encode.js';
import type { OnnxGraph } from './graph.js';
import { lowerNetwork } from './lower.js';
import { simplify } from './simplify.js';
import { useWinograd } from './winograd.js';

/**
 * Compiles a network to an ONNX model. Its input `input` is float32 `[N, H, W, 3]`, preprocessed as for the tfjs model;
 * its output `output` has Keras' shape and order, e.g. `[N, H, W, C]` or `[N, classes]`.
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`
 */
export function compileOnnx(network: Network): Uint8Array {
  return encodeModel(compileGraph(network));
}

/** The same, before it is encoded: batch normalisation folded, padding merged, nothing superfluous. */
export function compileGraph(network: Network): OnnxGraph {
  return simplify(lowerNetwork(network));
}

/** The same function in more memory and less time: for a network that runs often and is not kept. */
export function compileFastGraph(network: Network): OnnxGraph {
  return useWinograd(compileGraph(network));
}
