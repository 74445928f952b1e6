// All rewrites of a lowered graph. ONNX Runtime could do most of them itself, but at every start of every session.

import type { OnnxGraph } from '../graph.js';
import { dropUnused } from './drop-unused.js';
import { foldBatchNormalization } from './fold-batch-normalization.js';
import { foldPadding } from './fold-padding.js';

/** The same function with fewer nodes. */
export function simplify(graph: OnnxGraph): OnnxGraph {
  const passes = [dropUnused, foldPadding, foldBatchNormalization, dropUnused];
  return passes.reduce((current, pass) => pass(current), graph);
}
