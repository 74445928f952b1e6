// The inputs of an operation, of the kind that it needs.

import { FinetuneError } from '../../errors.js';
import type { Operation, Tensor } from './builder.js';
import type { Constant } from './constants.js';
import type { GraphNode } from './graph.js';

/** @throws FinetuneError `unsupported-layer` where a constant (or nothing) stands */
export function tensorAt({ node, inputs }: Operation, index: number): Tensor {
  const value = inputs[index];
  if (value?.kind === 'tensor') return value;
  throw unsupported(node, `its input ${index + 1} does not depend on the image`);
}

/** @throws FinetuneError `unsupported-layer` where the value depends on the image */
export function constantAt({ node, inputs }: Operation, index: number): Constant {
  const value = inputs[index];
  if (value?.kind === 'constant') return value;
  throw unsupported(node, `its input ${index + 1} is not a constant`);
}

/** The error for a use of an operation that layers cannot express. */
export function unsupported(node: GraphNode, reason: string): FinetuneError {
  return new FinetuneError(
    'unsupported-layer',
    `The graph's node "${node.name}" (${node.op}) is not supported: ${reason}. Convert the model to a tfjs layers model instead.`,
  );
}
