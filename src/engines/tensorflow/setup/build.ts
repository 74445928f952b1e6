// The engine built here: an addon of its own against the TensorFlow that PyPI ships. Current GPUs work with it.

import { existsSync } from 'node:fs';
import { readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { claimFolder, isClaimed, removeClaimed } from '../../../system/claimed-folder.js';
import { makeFolder } from '../../../system/make-folder.js';
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
import { sizeOf, validateReplaceableEngine } from './own-folders.js';
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
  /** Removes it: it does not work here. */
  discard(): Promise<void>;
}

/** The working folder; wheels stay in it when a build breaks off, and the next one goes on from them. */
export function workDirectory(): string {
  return `${builtDirectory()}.partial`;
}

/** Who hears of steps, and what stops them. */
export interface SetupWatch {
  readonly tell: (step: string) => void;
  readonly signal: AbortSignal;
}

/**
 * @throws Error with what is missing or failed; the signal's reason, when nothing but finished downloads is left
 */
export async function buildTensorflow(device: Device, watch: SetupWatch): Promise<BuiltEngine> {
  try {
    return await build(device, watch);
  } catch (error) {
    await discard();
    throw error;
  }
}

/** All but the wheels. */
async function discard(): Promise<void> {
  if (!isClaimed(workDirectory())) return;
  for (const folder of [engineFolder(), headersFolder()]) await rm(folder, { recursive: true, force: true });
}

const engineFolder = () => join(workDirectory(), 'engine');
const headersFolder = () => join(workDirectory(), 'headers');
const oldFolder = () => join(workDirectory(), 'old');

async function build(device: Device, { tell, signal }: SetupWatch): Promise<BuiltEngine> {
  if (process.platform !== 'linux') throw new Error(`it is for Linux; this is ${thisPlatform()}`);
  await findCompiler(signal);
  await validateReplaceableEngine();
  await claimFolder(workDirectory());
  await putBack();
  await requireSpace(device);
  const engine = engineFolder();
  await rm(engine, { recursive: true, force: true });
  makeFolder(engine);
  const bindings = await provideBindings(engine, { tell, signal });
  tell(`downloading TensorFlow ${tensorflowVersion} (pip)`);
  const wheels = await downloadWheels(device, join(workDirectory(), 'wheels'), signal);
  tell('unpacking');
  const { cudaLibraries, headers } = await unpack(wheels, engine, signal);
  tell('compiling');
  await compileAddon({ engine, libraries: 'tensorflow', cudaLibraries, headers, bindings, signal });
  const record = await writeRecord(engine, bindings, device);
  return { place: placeIn(engine, record), install: () => install(engine, record), discard };
}

function placeIn(directory: string, record: EngineRecord): TensorflowPlace {
  const [addon, quietLoader] = [placeFiles.addon, placeFiles.quietLoader].map(each => join(directory, each));
  return { directory, addon: addon!, quietLoader: quietLoader!, record };
}

/** The old engine goes only when the new one is in its place; where that fails it is put back. */
async function install(engine: string, record: EngineRecord): Promise<TensorflowPlace> {
  await validateReplaceableEngine();
  await rm(oldFolder(), { recursive: true, force: true });
  if (existsSync(builtDirectory())) await rename(builtDirectory(), oldFolder());
  try {
    await rename(engine, builtDirectory());
  } catch (error) {
    await putBack();
    throw error;
  }
  await removeWork();
  return placeIn(builtDirectory(), record);
}

/** What was put aside, by a process that was killed before anything was in its place. */
async function putBack(): Promise<void> {
  if (existsSync(oldFolder()) && !existsSync(builtDirectory())) await rename(oldFolder(), builtDirectory());
}

/** Removes what a build has left, its wheels too. */
export async function removeWork(): Promise<void> {
  await removeClaimed(workDirectory(), ['engine', 'headers', 'wheels', 'old']);
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
async function provideBindings(engine: string, { tell, signal }: SetupWatch): Promise<string> {
  const present = findBindings(engine);
  if (present !== undefined) return present;
  tell(`installing ${bindingsPackage} ${bindingsVersion} (npm)`);
  const target = join(engine, placeFiles.packages);
  makeFolder(target);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runProgram(
    'npm',
    ['install', '--prefix', target, ...quiet, `${bindingsPackage}@${bindingsVersion}`],
    {
      timeoutSeconds: 600,
      signal,
    },
  );
  const installed = findBindings(engine);
  if (installed === undefined) throw new Error(`npm did not install ${bindingsPackage}`);
  return installed;
}

async function unpack(
  wheels: readonly string[],
  engine: string,
  signal: AbortSignal,
): Promise<{ cudaLibraries: string[]; headers: string }> {
  const headers = headersFolder();
  const toEngine = { directory: engine, signal };
  const toHeaders = { directory: headers, signal };
  const [tensorflow, ...cuda] = wheels;
  await unpackWheel(tensorflow!, toEngine, name => {
    const [folder, file] = name.split('/');
    return folder === 'tensorflow' && tensorflowLibraries.some(each => each === file) ? name : undefined;
  });
  await unpackWheel(tensorflow!, toHeaders, name => (isHeader.test(name) ? name : undefined));
  const libraries: string[] = [];
  for (const wheel of cuda) {
    libraries.push(
      ...(await unpackWheel(wheel, toEngine, name => (isCudaLibrary.test(name) ? name : undefined))),
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
