// Where the libraries for CUDA lie: a folder that `finetune setup --cuda` makes in the cache directory. Nothing is loaded.

import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { cacheDirectory } from '../../system/cache-directory.js';
import { versions } from '../../system/versions.js';

/** `cuda.json` in that folder. */
export type CudaRecord = v.InferOutput<typeof cudaRecord>;

const cudaRecord = v.object({
  formatVersion: v.literal(1),
  /** The version of ONNX Runtime that its CUDA provider is part of. */
  onnxruntime: v.string(),
  /** Libraries by file name: of each the sha-256, or where it lies, for one that is linked to. */
  libraries: v.record(
    v.pipe(v.string(), v.regex(/^lib[\w.-]+$/)),
    v.union([v.object({ sha256: v.string() }), v.object({ link: v.string() })]),
  ),
});

/** The libraries on disk. */
export interface CudaPlace {
  readonly directory: string;
  readonly record: CudaRecord;
}

/** The name of the record in its folder. */
export const recordName = 'cuda.json';

/** The name by which ONNX Runtime's own library is known to its addon. */
export const runtimeName = 'libonnxruntime.so.1';

/** The folder that `finetune setup --cuda` makes. */
export function cudaDirectory(): string {
  return join(cacheDirectory(), 'cuda');
}

/** Where wheels arrive and are unpacked: what a broken installation leaves there, the next one goes on from. */
export function workDirectory(): string {
  return `${cudaDirectory()}.partial`;
}

/** In it: the libraries that are being unpacked, and those whose place they take. */
export const workFolders = { fresh: 'libraries', replaced: 'old' } as const;

/** The platform that the libraries are for. */
export function isCudaPlatform(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

/** What is set up for the installed version of ONNX Runtime; undefined where nothing is. */
export function findCuda(): CudaPlace | undefined {
  const directory = cudaDirectory();
  if (!isCudaPlatform() || !existsSync(join(directory, recordName))) return undefined;
  const record = readCudaRecord(directory);
  return record?.onnxruntime === installedRuntime() ? { directory, record } : undefined;
}

/** The record of a folder; undefined where there is none, or one of another version of this program. */
export function readCudaRecord(directory: string): CudaRecord | undefined {
  try {
    return v.parse(cudaRecord, JSON.parse(readFileSync(join(directory, recordName), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The version of onnxruntime-node that is installed. */
export function installedRuntime(): string {
  return versions()['onnxruntime-node'] ?? 'unknown';
}

/** The path of ONNX Runtime's own library, as npm installed it. */
export function runtimeLibrary(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch, runtimeName);
}

/** Whether a path is a link to ONNX Runtime's own library, whichever installation's. */
export function isRuntimeLink(path: string): boolean {
  return basename(linkOf(path) ?? '') === runtimeName;
}

/** Where a link leads; undefined for what is none. */
export function linkOf(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
