// An operation of a graph that is to become layers, and its inputs, of the kind that it needs.

import { FinetuneError } from '../../errors.js';
import type { NetworkBuilder, Tensor } from '../../network/builder.js';
import type { Constant } from './constants.js';
import type { GraphNode } from './graph.js';

/** What a node gives: something that depends on the image, or not. */
export type Value = Tensor | Constant;

/** A node with its inputs' values, ready to become layers. */
export interface Operation {
  readonly node: GraphNode;
  readonly inputs: readonly Value[];
  readonly build: NetworkBuilder;
}

/** What a node's layer is called: converters wrap a model in calls that say nothing. */
export function layerName({ name }: GraphNode): string {
  return name.replaceAll(/(Stateful)?PartitionedCall\/|^model\/|^Func\//g, '');
}

/** The input at a place. @throws FinetuneError `unsupported-layer` where there is none */
export function inputAt({ node, inputs }: Operation, index: number): Value {
  const value = inputs[index];
  if (value !== undefined) return value;
  throw unsupported(node, `it has no input ${index + 1}`);
}

/** An input that depends on the image. @throws FinetuneError `unsupported-layer` where a constant (or nothing) stands */
export function tensorAt({ node, inputs }: Operation, index: number): Tensor {
  const value = inputs[index];
  if (value?.kind === 'tensor') return value;
  throw unsupported(node, `its input ${index + 1} does not depend on the image`);
}

/** An input that does not. @throws FinetuneError `unsupported-layer` where the value depends on the image */
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

/** A vector of constants. */
export function vectorAt(operation: Operation, index: number): readonly number[] {
  return [...constantAt(operation, index).data];
}
