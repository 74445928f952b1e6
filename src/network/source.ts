// A weight that is read in pieces, so that no file need ever be all in memory.

import { FinetuneError } from '../errors.js';
import type { FunctionalConfig, Network, WeightTensor } from './network.js';

/** A named array whose values come in pieces, row-major; it can be read again from the start. */
export interface WeightSource {
  readonly name: string;
  readonly shape: readonly number[];
  /** Pieces of a few MB at most, together `elementCount(shape)` values. */
  read(): Iterable<Float32Array>;
}

/** A topology and its weights, not yet read. */
export interface NetworkSource {
  readonly topology: FunctionalConfig;
  readonly weights: readonly WeightSource[];
  /** Names of the models in the file, the outermost first; models within models are flattened. */
  readonly modelNames?: readonly string[];
  /** What the reader should tell the user, e.g. augmentation layers that were dropped. */
  readonly notes: readonly string[];
}

/** A network in files that are open: its weights are read when they are asked for. Close it after use. */
export interface OpenNetwork extends NetworkSource {
  close(): Promise<void>;
}

/** Uses an opened network and closes it whatever happens. */
export async function withClosing<Opened extends OpenNetwork, Result>(
  network: Opened,
  use: (network: Opened) => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await use(network);
  } finally {
    await network.close();
  }
}

/** A network with what its reader has to tell. */
export interface NotedNetwork extends Network {
  readonly notes: readonly string[];
}

/** Values in an array of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** A weight in memory as a source. */
export function sourceOf({ name, shape, data }: WeightTensor): WeightSource {
  return { name, shape, read: () => [data] };
}

/** A network in memory as a source. */
export function networkSourceOf(network: Network): NetworkSource {
  return { topology: network.topology, weights: [...network.weights.values()].map(sourceOf), notes: [] };
}

/** Reads all of a weight. */
export function readWeight(source: WeightSource): WeightTensor {
  const data = new Float32Array(elementCount(source.shape));
  let filled = 0;
  for (const piece of checkedPieces(source)) {
    data.set(piece, filled);
    filled += piece.length;
  }
  return { name: source.name, shape: source.shape, data };
}

/** Reads all weights. */
export function readNetwork({ topology, weights, notes }: NetworkSource): NotedNetwork {
  return { topology, weights: new Map(weights.map(source => [source.name, readWeight(source)])), notes };
}

/**
 * The pieces of a weight, each looked through.
 * @throws FinetuneError `bad-weights` at the first NaN or infinity
 */
export function* checkedPieces(source: WeightSource): Iterable<Float32Array> {
  for (const piece of source.read()) {
    const wrong = findNotFinite(piece);
    if (wrong !== undefined) {
      throw new FinetuneError(
        'bad-weights',
        `The weight "${source.name}" holds ${wrong}. Expected finite numbers: the training that made this file went wrong, or the file is damaged.`,
      );
    }
    yield piece;
  }
}

/** A plain loop: of hundreds of millions of weights, a callback for each takes seconds. */
function findNotFinite(values: Float32Array): number | undefined {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return values[i];
  return undefined;
}
