// The values that a data set is made of.

export type Side = 'train' | 'val' | 'test';

/** One image of a data set; the path is relative to the data folder, with `/`. */
export interface ImageFile {
  readonly path: string;
  /** Index into the class names. */
  readonly label: number;
  /** sha-256 of the bytes, hex. */
  readonly hash: string;
}
