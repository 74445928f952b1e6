// The native addon: the C++ sources of @tensorflow/tfjs-node-gpu, compiled against another TensorFlow than its own.

import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { findProgram, runProgram } from '../../../system/run-program.js';
import { placeFiles } from '../place.js';
import { quietLoaderSource } from './quiet-loader-source.js';

/** TensorFlow's own two libraries. */
export const tensorflowLibraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** What to compile, and against what. All folders are under `engine`. */
export interface AddonPlan {
  /** Receives the addon; libraries are found relative to it, so that it can be moved. */
  readonly engine: string;
  /** Folder of TensorFlow's libraries, e.g. `tensorflow`. */
  readonly libraries: string;
  /** Paths of CUDA's libraries. */
  readonly cudaLibraries: readonly string[];
  /** TensorFlow's headers. */
  readonly headers: string;
  /** Folder of the npm package. */
  readonly bindings: string;
  readonly signal: AbortSignal;
}

/** Slow machines take a minute. */
const compileSeconds = 900;

/** Warnings are off: they are about the package's sources, which nobody here can change. */
const common = ['-std=c++17', '-O2', '-w', '-fPIC', '-shared', '-o'];

/**
 * Compiles the addon and the loader that keeps TensorFlow quiet.
 * @throws Error when there is no C++ compiler, or with what the compiler says
 */
export async function compileAddon(plan: AddonPlan): Promise<void> {
  const compiler = await findCompiler(plan.signal);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map(each => join(plan.bindings, 'binding', each));
  const includes = [plan.headers, nodeHeaders()].map(each => `-I${each}`);
  const compile = (output: string, args: readonly string[]) =>
    runProgram(compiler, [...common, join(plan.engine, output), ...args], {
      timeoutSeconds: compileSeconds,
      signal: plan.signal,
    });
  await compile(placeFiles.addon, [
    '-DNAPI_VERSION=8',
    ...includes,
    ...sources,
    `-L${join(plan.engine, plan.libraries)}`,
    ...tensorflowLibraries.map(each => `-l:${each}`),
    ...linkCuda(plan),
    `-Wl,-rpath,$ORIGIN/${plan.libraries}`,
  ]);
  const source = join(plan.engine, 'quiet_loader.cc');
  await writeFile(source, quietLoaderSource(tensorflowLibraries.map(each => `${plan.libraries}/${each}`)));
  await compile(placeFiles.quietLoader, [source, '-ldl']);
  await rm(source);
}

/** @throws Error saying how to install one */
export async function findCompiler(signal: AbortSignal): Promise<string> {
  const own = process.env.CXX ? [process.env.CXX] : [];
  const found = await findProgram(
    [...own, 'g++', 'clang++', 'c++'].map(each => [each] as const),
    signal,
  );
  if (found === undefined)
    throw new Error('a C++ compiler is missing. On Debian and Ubuntu: apt-get install g++');
  return found[0];
}

/** Node's own headers where it was installed with them, else those of the npm package. */
function nodeHeaders(): string {
  const own = join(dirname(dirname(process.execPath)), 'include', 'node');
  if (existsSync(join(own, 'node_api.h'))) return own;
  const manifest = createRequire(import.meta.url).resolve('node-api-headers/package.json');
  return join(dirname(manifest), 'include');
}

/**
 * CUDA's libraries are linked although the addon calls none of them: once in memory, TensorFlow finds them by name,
 * wherever they lie.
 */
function linkCuda({ engine, cudaLibraries }: AddonPlan): string[] {
  if (cudaLibraries.length === 0) return [];
  const folders = [...new Set(cudaLibraries.map(dirname))];
  return [
    '-Wl,--no-as-needed',
    ...folders.flatMap(each => [`-L${join(engine, each)}`, `-Wl,-rpath,$ORIGIN/${each}`]),
    // Libraries that these need in turn are found by the paths above when the addon loads.
    '-Wl,--allow-shlib-undefined',
    ...cudaLibraries.map(each => `-l:${basename(each)}`),
  ];
}
