// What is found out about a data set before it is trained on.

import type { BadImage } from '../events.js';

/** An image of the data set, as findings name it. */
export interface InspectedImage {
  /** Relative to the data folder, with `/`. */
  readonly path: string;
  /** Its class, by its folder. */
  readonly label: string;
  /** What training would use it for. */
  readonly subset: 'train' | 'val' | 'test';
}

/** A class, with how much there is of it. */
export interface InspectedClass {
  readonly name: string;
  /** Readable images. */
  readonly images: number;
  /** The size of their files. */
  readonly bytes: number;
  /** Median height and width in pixels. */
  readonly medianSize: readonly [height: number, width: number];
  /** How training would use them. */
  readonly subsets: Readonly<Record<InspectedImage['subset'], number>>;
}

/** Images that show one picture. */
export interface CopyGroup {
  /** The same file, or only the same picture. */
  readonly kind: 'exact' | 'near';
  /** Several classes contradict each other; several subsets make the accuracy look better than it is. */
  readonly across: 'classes' | 'subsets' | 'nothing';
  readonly images: readonly InspectedImage[];
}

/** An image whose class is doubted. */
export interface SuspiciousLabel extends InspectedImage {
  /** The class that it looks like. */
  readonly proposed: string;
  /** Probability of `proposed`, by a classifier that was trained without the image. */
  readonly confidence: number;
}

/** An image that is unusual, and in what way. */
export interface UnusualImage extends InspectedImage {
  readonly kind: 'outlier' | 'dark' | 'blurred' | 'flat' | 'narrow-range' | 'tiny';
  /** What was measured, in plain words. */
  readonly detail: string;
}

/** Everything that was found out. */
export interface Inspection {
  /** The folder, as it was named. */
  readonly data: string;
  /** Readable images. */
  readonly images: number;
  readonly classes: readonly InspectedClass[];
  /** Files that cannot be used, damaged JPEGs among them. */
  readonly bad: readonly BadImage[];
  /** What is odd about folders and classes, with what to do about it. */
  readonly warnings: readonly string[];
  readonly copies: readonly CopyGroup[];
  /** Most confident first. */
  readonly suspiciousLabels: readonly SuspiciousLabel[];
  readonly unusual: readonly UnusualImage[];
  /** The backbone whose features were compared. */
  readonly backbone: string;
  /** Where the list of images to leave out was written. */
  readonly list?: string | undefined;
  /** Where the page was written. */
  readonly page?: string | undefined;
}
