// The commands in the order of --help, each loaded only when it runs.

import type { Command } from './command.js';

/** A command's line in --help, and where the rest of it is. */
export interface CommandRow {
  /** Name and positional arguments, as yargs writes them. */
  readonly usage: string;
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

/** A row per command. */
export const commands: readonly CommandRow[] = [
  {
    usage: 'prepare [network]',
    summary: 'Convert a pretrained Keras network to pretrained/NAME',
    load: () => import('./prepare.js'),
  },
  {
    usage: 'inspect [folder]',
    summary: 'Look through a folder of images before training: copies, wrong labels, damage',
    load: () => import('./inspect.js'),
  },
  {
    usage: 'train [folder]',
    summary: 'Train a classifier on a folder of images',
    load: () => import('./train.js'),
  },
  {
    usage: 'lr-find [folder]',
    summary: 'Find a learning rate for a training by epochs, before it',
    load: () => import('./lr-find.js'),
  },
  {
    usage: 'predict [images..]',
    summary: 'Say what is on photos',
    load: () => import('./predict.js'),
  },
  {
    usage: 'evaluate [folder]',
    summary: 'Measure a trained classifier on labelled images',
    load: () => import('./evaluate.js'),
  },
  {
    usage: 'dataset [set]',
    summary: 'Write MNIST, or images of IDX files, as folders to train on',
    load: () => import('./dataset.js'),
  },
  {
    usage: 'backbones',
    summary: 'List backbones, prepared or not; with --data, compare them on images',
    load: () => import('./backbones.js'),
  },
  {
    usage: 'bench',
    summary: 'Measure frozen bases with average pooling on this machine: speed and memory',
    load: () => import('./bench.js'),
  },
  {
    usage: 'summary [network]',
    summary: "Show a network's layers, shapes and parameters",
    load: () => import('./summary.js'),
  },
  {
    usage: 'setup',
    summary: 'Install what uses NVIDIA GPUs, and TensorFlow for training',
    load: () => import('./setup.js'),
  },
  {
    usage: 'doctor',
    summary: 'Show what is here, what is wrong, and what mends it',
    load: () => import('./doctor.js'),
  },
];

/** `train` of `train [folder]`. */
export function nameOf({ usage }: CommandRow): string {
  return usage.replace(/ .*/, '');
}

/** `folder` of `train [folder]`. */
export function argumentOf({ usage }: CommandRow): string | undefined {
  return usage.match(/[[<](\w+)/)?.[1];
}
