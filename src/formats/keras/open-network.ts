// A file that is open: what its topology is, and weights that can be read from it until it is closed.

import { FinetuneError } from '../../errors.js';
import type { FunctionalConfig } from '../../network/network.js';
import { elementCount, type NetworkSource, type WeightSource } from '../../network/source.js';
import { bindWeights } from '../layer-config/bind.js';
import type { FlatTopology } from '../layer-config/flatten.js';
import type { LeafNode } from '../layer-config/tree.js';
import { type SavedWeights, type SaveOptions, writeLayersModel } from '../tfjs-layers/layers-model.js';
import { type Hdf5Client, type Hdf5File, openHdf5 } from './hdf5/file.js';
import type { FileRange } from './hdf5/library.js';

/** A network whose weights are read when they are asked for. Close it after use. */
export interface OpenNetwork extends NetworkSource {
  close(): Promise<void>;
}

/** What a conversion made. */
export interface Converted extends SavedWeights {
  readonly topology: FunctionalConfig;
  /** What the user should know, e.g. augmentation layers that were left out. */
  readonly notes: readonly string[];
}

/**
 * Writes an opened network as a tfjs layers model and closes it.
 * @param dir must exist
 */
export async function convertNetwork(
  network: OpenNetwork,
  dir: string,
  options: SaveOptions,
): Promise<Converted> {
  return await withClosing(network, async () => {
    const saved = await writeLayersModel(dir, network, options);
    return { ...saved, topology: network.topology, notes: network.notes };
  });
}

/** Uses an opened network and closes it whatever happens. */
export async function withClosing<Result>(
  network: OpenNetwork,
  use: (network: OpenNetwork) => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await use(network);
  } finally {
    await network.close();
  }
}

/**
 * Checks the weights found for a flattened model.
 * @param fileBytes size of the file they lie in
 * @throws FinetuneError `bad-weights` where they do not fit
 */
export function assemble(
  flat: FlatTopology,
  found: ReadonlyMap<LeafNode, readonly WeightSource[]>,
  fileBytes: number,
): NetworkSource {
  const weights = bindWeights(flat, found);
  assertPlausible(weights, fileBytes);
  return { topology: flat.topology, weights, notes: flat.notes };
}

/** Compressed floats hardly shrink: a file that claims to hold a hundred times its size lies. */
function assertPlausible(weights: readonly WeightSource[], fileBytes: number): void {
  const claimed = weights.reduce((bytes, { shape }) => bytes + 4 * elementCount(shape), 0);
  if (claimed <= 100 * fileBytes + 1_048_576) return;
  throw new FinetuneError(
    'bad-weights',
    `The file has ${fileBytes} bytes but claims to hold ${claimed} bytes of weights. It is damaged.`,
  );
}

/**
 * Opens an HDF5 file and finds a network in it; whatever goes wrong, nothing stays open.
 * @param label the file's name, for messages
 */
export async function openNetwork(
  range: FileRange,
  label: string,
  source: { find: (file: Hdf5File) => NetworkSource; close: () => Promise<void> },
): Promise<OpenNetwork> {
  let file: Hdf5Client | undefined;
  const close = async () => {
    file?.close();
    file = undefined;
    await source.close();
  };
  try {
    file = await openHdf5(range, label);
    return { ...source.find(file), close };
  } catch (error) {
    await close();
    throw error;
  }
}
