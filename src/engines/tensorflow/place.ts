// Where the TensorFlow engine lies: a folder that `finetune setup` made in the cache directory, or the npm
// package itself, whose install script can download a prebuilt one.
//
// @tensorflow/tfjs-node-gpu looks for its native addon only inside its own folder, which may be read-only and is
// emptied by every `npm install`. So its main module is never loaded: this program loads the addon from where it
// is, and the package's backend class and kernels beside it.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { cacheDirectory } from '../../system/cache-directory.js';

/** The npm package with the JavaScript half of the engine, and the C++ sources of the other. */
export const bindingsPackage = '@tensorflow/tfjs-node-gpu';

/** A TensorFlow engine on disk. */
export interface TensorflowPlace {
  readonly directory: string;
  /** The native addon. */
  readonly addon: string;
  /** An addon that loads TensorFlow's libraries without their greeting on standard error. */
  readonly quietLoader?: string;
  /** Absent for the npm package's own. */
  readonly record?: EngineRecord;
}

/** `engine.json` in the folder that `finetune setup` makes. */
export type EngineRecord = v.InferOutput<typeof engineRecord>;

const engineRecord = v.object({
  formatVersion: v.literal(1),
  /** Version of the TensorFlow library. */
  tensorflow: v.string(),
  /** Version of the npm package whose sources the addon was built from. */
  bindings: v.string(),
  device: v.picklist(['cpu', 'cuda']),
  platform: v.string(),
  bytes: v.number(),
});

/** File names in the folder that `finetune setup` makes. */
export const placeFiles = {
  record: 'engine.json',
  addon: 'tfjs_binding.node',
  quietLoader: 'quiet_loader.node',
  /** The npm package, where it is not installed beside this program. */
  packages: 'npm',
} as const;

/** The folder that `finetune setup` makes. */
export function builtDirectory(): string {
  return join(cacheDirectory(), 'engines', 'tensorflow');
}

/** The operating system and processor that native code is built for, e.g. `linux-x64`. */
export function thisPlatform(): string {
  return `${process.platform}-${process.arch}`;
}

/** What is here, or undefined; the built one comes first. Nothing is loaded. */
export function findTensorflow(): TensorflowPlace | undefined {
  return findBuilt(builtDirectory()) ?? findPrebuilt();
}

/** The engine in a folder that `finetune setup` made. */
export function findBuilt(directory: string): TensorflowPlace | undefined {
  const record = readRecord(join(directory, placeFiles.record));
  const addon = join(directory, placeFiles.addon);
  if (record?.platform !== thisPlatform() || !existsSync(addon)) return undefined;
  return { directory, addon, quietLoader: join(directory, placeFiles.quietLoader), record };
}

/** The engine that the npm package's install script downloaded. */
export function findPrebuilt(): TensorflowPlace | undefined {
  const directory = findBindings();
  const addon = directory && join(directory, 'lib', 'napi-v8', 'tfjs_binding.node');
  return addon && existsSync(addon) ? { directory, addon } : undefined;
}

/** The folder of the npm package, beside this program or, failing that, where `finetune setup` put it. */
export function findBindings(engineDirectory: string = builtDirectory()): string | undefined {
  for (const origin of [import.meta.url, join(engineDirectory, placeFiles.packages, 'package.json')]) {
    try {
      return dirname(createRequire(origin).resolve(`${bindingsPackage}/package.json`));
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

/** The record of an engine; undefined where there is none that can be read. */
export function readRecord(path: string): EngineRecord | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return v.parse(engineRecord, JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // It is of another version of this program, or damaged, and as good as none: `finetune setup` makes it anew.
    return undefined;
  }
}
