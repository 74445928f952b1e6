// The commands in the order of --help, each loaded only when it runs.

import type { OptionTable } from '../option-kinds.js';

/** What a command's file exports as `command`. */
export interface Command {
  readonly options: OptionTable;
  /** Examples for --help: [command line, what it does]. */
  readonly examples: readonly (readonly [string, string])[];
  /**
   * Runs the command on the raw flags.
   * @returns the exit code
   */
  run(flags: Readonly<Record<string, unknown>>, args: readonly string[]): Promise<number>;
}

interface Row {
  /** Name and positional arguments, as yargs writes them. */
  readonly usage: string;
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

export const commands: readonly Row[] = [
  {
    usage: 'prepare [network]',
    summary: 'Convert a pretrained Keras network to pretrained/NAME',
    load: () => import('./prepare.js'),
  },
  {
    usage: 'train',
    summary: 'Train a classifier on a folder of images',
    load: () => import('./train.js'),
  },
  {
    usage: 'predict [images..]',
    summary: 'Say what is on photos',
    load: () => import('./predict.js'),
  },
  {
    usage: 'evaluate',
    summary: 'Measure a trained classifier on labelled images',
    load: () => import('./evaluate.js'),
  },
  {
    usage: 'bench',
    summary: 'Measure frozen bases with average pooling on this machine: speed and memory',
    load: () => import('./bench.js'),
  },
  {
    usage: 'summary <network>',
    summary: "Show a network's layers, shapes and parameters",
    load: () => import('./summary.js'),
  },
  {
    usage: 'setup',
    summary: 'Install the TensorFlow engine: CUDA, or a faster CPU',
    load: () => import('./setup.js'),
  },
  {
    usage: 'doctor',
    summary: 'Show what is here, what is wrong, and what mends it',
    load: () => import('./doctor.js'),
  },
];
