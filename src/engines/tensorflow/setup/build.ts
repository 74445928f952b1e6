// The engine built here: an addon of its own against the TensorFlow that PyPI ships. Current GPUs work with it.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runProgram } from '../../../system/run-program.js';
import { unpackWheel } from '../../../system/unpack-wheel.js';
import {
  bindingsPackage,
  builtDirectory,
  type EngineRecord,
  findBindings,
  placeFiles,
  type TensorflowPlace,
  thisPlatform,
} from '../place.js';
import { compileAddon, findCompiler, tensorflowLibraries } from './compile-addon.js';
import { downloadWheels, tensorflowVersion } from './wheels.js';

type Device = 'cpu' | 'cuda';

/** Free space that the wheels and what is unpacked of them need, in bytes. */
const neededSpace: Readonly<Record<Device, number>> = { cpu: 1.5e9, cuda: 10e9 };

/** The version whose sources are compiled. */
const bindingsVersion = '4.22.0';

/** A complete engine in a working folder, not yet in its place. */
export interface BuiltEngine {
  readonly place: TensorflowPlace;
  /** Moves it to its place. */
  install(): Promise<TensorflowPlace>;
}

/** The working folder; wheels stay in it when a build breaks off, and the next one goes on from them. */
export function workDirectory(): string {
  return `${builtDirectory()}.partial`;
}

/**
 * @param tell receives what is going on
 * @throws Error with what is missing or failed
 */
export async function buildTensorflow(device: Device, tell: (step: string) => void): Promise<BuiltEngine> {
  if (process.platform !== 'linux') throw new Error(`it is for Linux; this is ${thisPlatform()}`);
  await findCompiler();
  await mkdir(workDirectory(), { recursive: true });
  await requireSpace(device);
  const engine = join(workDirectory(), 'engine');
  await rm(engine, { recursive: true, force: true });
  await mkdir(engine, { recursive: true });
  const bindings = await provideBindings(engine, tell);
  tell(`downloading TensorFlow ${tensorflowVersion} (pip)`);
  const wheels = await downloadWheels(device, join(workDirectory(), 'wheels'));
  tell('unpacking');
  const { cudaLibraries, headers } = await unpack(wheels, engine);
  tell('compiling');
  await compileAddon({ engine, libraries: 'tensorflow', cudaLibraries, headers, bindings });
  const record = await writeRecord(engine, bindings, device);
  return { place: placeIn(engine, record), install: () => install(engine, record) };
}

function placeIn(directory: string, record: EngineRecord): TensorflowPlace {
  const [addon, quietLoader] = [placeFiles.addon, placeFiles.quietLoader].map(each => join(directory, each));
  return { directory, addon: addon!, quietLoader: quietLoader!, record };
}

/** The old engine goes only when the new one is whole; a break between the renames leaves none, which is seen. */
async function install(engine: string, record: EngineRecord): Promise<TensorflowPlace> {
  const old = join(workDirectory(), 'old');
  await rm(old, { recursive: true, force: true });
  if (existsSync(builtDirectory())) await rename(builtDirectory(), old);
  await rename(engine, builtDirectory());
  await rm(workDirectory(), { recursive: true, force: true });
  return placeIn(builtDirectory(), record);
}

async function requireSpace(device: Device): Promise<void> {
  const { bavail, bsize } = await statfs(workDirectory());
  const free = bavail * bsize;
  if (free >= neededSpace[device]) return;
  const [has, needs] = [free, neededSpace[device]].map(each => `${(each / 1e9).toFixed(1)} GB`);
  throw new Error(
    `${workDirectory()} has ${has} free and needs ${needs}. FINETUNE_CACHE names another place`,
  );
}

/** npm leaves the package out where its install script could not download; then it comes into the engine's folder. */
async function provideBindings(engine: string, tell: (step: string) => void): Promise<string> {
  const present = findBindings(engine);
  if (present !== undefined) return present;
  tell(`installing ${bindingsPackage} ${bindingsVersion} (npm)`);
  const target = join(engine, placeFiles.packages);
  await mkdir(target, { recursive: true });
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runProgram(
    'npm',
    ['install', '--prefix', target, ...quiet, `${bindingsPackage}@${bindingsVersion}`],
    {
      timeoutSeconds: 600,
    },
  );
  const installed = findBindings(engine);
  if (installed === undefined) throw new Error(`npm did not install ${bindingsPackage}`);
  return installed;
}

async function unpack(
  wheels: readonly string[],
  engine: string,
): Promise<{ cudaLibraries: string[]; headers: string }> {
  const headers = join(workDirectory(), 'headers');
  const [tensorflow, ...cuda] = wheels;
  await unpackWheel(tensorflow!, engine, name => {
    const [folder, file] = name.split('/');
    return folder === 'tensorflow' && tensorflowLibraries.some(each => each === file) ? name : undefined;
  });
  await unpackWheel(tensorflow!, headers, name => (isHeader.test(name) ? name : undefined));
  const libraries: string[] = [];
  for (const wheel of cuda) {
    libraries.push(
      ...(await unpackWheel(wheel, engine, name => (isCudaLibrary.test(name) ? name : undefined))),
    );
  }
  const linked = libraries.filter(each => isLinkedLibrary.test(basename(each)));
  return { cudaLibraries: linked, headers: join(headers, 'tensorflow', 'include') };
}

/** What `tensorflow/c/c_api.h` and `tensorflow/c/eager/c_api.h` include; 13,000 other headers are not. */
const isHeader =
  /^tensorflow\/include\/(tensorflow\/c\/|xla\/tsl\/c\/|(tensorflow\/core|tsl)\/platform\/ctstring).*\.h$/;

const isCudaLibrary = /^nvidia\/[^/]+\/lib\/[^/]+\.so(\.\d+)*$/;

/** What TensorFlow opens by name; their parts (`libcudnn_ops`, ...) they open themselves. */
const isLinkedLibrary =
  /^lib(cudart|cublas|cublasLt|cufft|cupti|curand|cusolver|cusparse|cudnn|nccl|nvJitLink)\.so/;

async function writeRecord(engine: string, bindings: string, device: Device): Promise<EngineRecord> {
  const manifest = JSON.parse(await readFile(join(bindings, 'package.json'), 'utf8')) as { version: string };
  const record: EngineRecord = {
    formatVersion: 1,
    tensorflow: tensorflowVersion,
    bindings: manifest.version,
    device,
    platform: thisPlatform(),
    bytes: await sizeOf(engine),
  };
  await writeFile(join(engine, placeFiles.record), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  return record;
}

/** Bytes of all files under a folder; 0 where there is none. */
export async function sizeOf(directory: string): Promise<number> {
  if (!existsSync(directory)) return 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(each => each.isFile());
  const sizes = await Promise.all(files.map(each => stat(join(each.parentPath, each.name))));
  return sizes.reduce((sum, each) => sum + each.size, 0);
}
