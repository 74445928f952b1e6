// The values that a data set is made of.

import type { BadImage } from '../events.js';

/** What an image is used for. */
export type Subset = 'train' | 'val' | 'test';

/** The subsets, in the order in which they are told of. */
export const subsets: readonly Subset[] = ['train', 'val', 'test'];

/** One labelled image of a data set. */
export interface Example {
  /** Relative to the data folder, with `/`: what messages and run.json call it. */
  readonly path: string;
  /** Where it is opened. */
  readonly file: string;
  /** Index into the class names. */
  readonly label: number;
  /** sha-256 of the bytes, hex. */
  readonly hash: string;
  /** Where the folders are train/ with val/ or test/. */
  readonly subset?: Subset | undefined;
  /** What all images have in common that must be in its subset too; its hash, where nothing is said. */
  readonly group?: string | undefined;
}

/** A folder of labelled images. */
export interface DataSet {
  /** As the user named it. */
  readonly root: string;
  /** In natural order; labels are indices into it. */
  readonly classNames: readonly string[];
  /** In natural order of their paths. */
  readonly examples: readonly Example[];
  readonly bad: readonly BadImage[];
  /** How many files were left out because they were to be. */
  readonly excluded?: number | undefined;
  /** For people: labels that contradict each other, images that are not used, and the like. */
  readonly warnings: readonly string[];
  /** sha-256 of all paths and contents, hex. */
  readonly fingerprint: string;
}

/** A data set's examples by subset. */
export type Split = Readonly<Record<Subset, readonly Example[]>>;
