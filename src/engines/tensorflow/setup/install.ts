// Makes the tensorflow engine work on this machine, by the first way that does.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { FinetuneError, messageOf } from '../../../errors.js';
import type { Context } from '../../../system/context.js';
import { findGpus } from '../../../system/gpus.js';
import { builtDirectory, findPrebuilt, findTensorflow, type TensorflowPlace } from '../place.js';
import { buildTensorflow, removeWork, type SetupWatch, workDirectory } from './build.js';
import { checkTensorflow } from './check.js';
import { isOwnEngine, sizeOf } from './own-folders.js';
import { installPrebuilt, prebuiltFolders, removePrebuilt } from './prebuilt.js';

type Device = 'cpu' | 'cuda';

/** The ways, in the order in which they are tried. */
export type SetupWay = 'installed' | 'prebuilt' | 'built';

/** Which engine works now, and how it came about. */
export interface TensorflowSetup {
  readonly way: SetupWay;
  readonly device: Device;
  /** The version of the TensorFlow library. */
  readonly version: string;
  readonly directory: string;
  /** The size of all files in the directory. */
  readonly bytes: number;
  readonly seconds: number;
  /** The ways that did not work, and why. */
  readonly failed: readonly FailedWay[];
}

interface FailedWay {
  readonly way: SetupWay;
  readonly reason: string;
}

interface Working {
  readonly place: TensorflowPlace;
  readonly version: string;
}

type TryWay = (device: Device, watch: SetupWatch) => Promise<Working>;

/**
 * Makes the tensorflow engine work. Tries in turn: the engine that is here, the official download, a build of its own.
 * Each must compute a convolution and its gradients, on the device that is wanted, before it counts.
 * @param asked the GPU where there is one, else the CPU, where nothing is said
 * @throws FinetuneError `engine-missing` with the reason of every way
 */
export async function installTensorflow(
  asked: 'cpu' | 'cuda' | undefined,
  context: Context,
): Promise<TensorflowSetup> {
  const started = performance.now();
  const found = await findWay(asked ?? (await detectDevice(context.signal)), asked === undefined, context);
  const { place, version } = found.working;
  return {
    way: found.way,
    device: found.device,
    version,
    directory: place.directory,
    bytes: await sizeOf(place.directory),
    seconds: (performance.now() - started) / 1000,
    failed: found.failed,
  };
}

/** What was taken away, and what was left because this program did not make it, or not so. */
export interface TensorflowRemoval {
  readonly removed: readonly string[];
  readonly bytes: number;
  readonly kept: readonly string[];
}

/** Takes away what was installed. */
export async function removeTensorflow(): Promise<TensorflowRemoval> {
  const prebuilt = findPrebuilt();
  const folders = [builtDirectory(), workDirectory(), ...(prebuilt ? prebuiltFolders(prebuilt) : [])];
  const all = folders.filter(each => existsSync(each));
  const sizes = new Map<string, number>();
  for (const each of all) sizes.set(each, await sizeOf(each));
  if (await isOwnEngine(builtDirectory())) await rm(builtDirectory(), { recursive: true });
  await removeWork();
  if (prebuilt !== undefined) await removePrebuilt(prebuilt);
  const removed = all.filter(each => !existsSync(each));
  const bytes = removed.reduce((sum, each) => sum + (sizes.get(each) ?? 0), 0);
  return { removed, bytes, kept: all.filter(each => existsSync(each)) };
}

async function detectDevice(signal: AbortSignal): Promise<Device> {
  return (await findGpus(signal)).length > 0 ? 'cuda' : 'cpu';
}

interface FoundWay {
  readonly way: SetupWay;
  readonly device: Device;
  readonly working: Working;
  readonly failed: readonly FailedWay[];
}

async function findWay(device: Device, mayFallBack: boolean, context: Context): Promise<FoundWay> {
  const { emit, signal } = context;
  const failed: FailedWay[] = [];
  for (const way of waysInOrder) {
    signal.throwIfAborted();
    try {
      const tell = (step: string) => {
        signal.throwIfAborted();
        emit({ type: 'setup', step });
      };
      const working = await ways[way](device, { tell, signal });
      return { way, device, working, failed };
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ way, reason: messageOf(error) });
    }
  }
  if (device === 'cpu' || !mayFallBack) throw noneWorks(device, failed);
  emit({ type: 'warning', message: 'The GPU cannot be used, so the CPU is.', lines: reasonsOf(failed) });
  return findWay('cpu', false, context);
}

const waysInOrder: readonly SetupWay[] = ['installed', 'prebuilt', 'built'];

const ways: Readonly<Record<SetupWay, TryWay>> = {
  installed: async (device, { tell, signal }) => {
    const place = findTensorflow();
    if (place === undefined) throw new Error('there is none');
    tell(`checking ${place.directory}`);
    return { place, version: await check(place, device, signal) };
  },
  prebuilt: async (device, { tell, signal }) => {
    tell('trying the official download');
    const place = await installPrebuilt(device, signal);
    try {
      return { place, version: await check(place, device, signal) };
    } catch (error) {
      // Left behind, it would be tried at every start.
      await removePrebuilt(place);
      throw error;
    }
  },
  built: async (device, watch) => {
    const engine = await buildTensorflow(device, watch);
    try {
      watch.tell('checking');
      const version = await check(engine.place, device, watch.signal);
      return { place: await engine.install(), version };
    } catch (error) {
      await engine.discard();
      throw error;
    }
  },
};

/** @returns the library's version */
async function check(place: TensorflowPlace, device: Device, signal: AbortSignal): Promise<string> {
  const found = await checkTensorflow(place, signal);
  if (device === 'cuda' && found.device === 'cpu') {
    throw new Error(
      'TensorFlow finds no GPU that it can use; `nvidia-smi` should list one with a current driver',
    );
  }
  return found.version;
}

function noneWorks(device: Device, failed: readonly FailedWay[]): FinetuneError {
  const wanted = device === 'cuda' ? 'TensorFlow on CUDA' : 'TensorFlow';
  return new FinetuneError('engine-missing', `${wanted} could not be installed.`, {
    lines: [...reasonsOf(failed), 'Without it the wasm engine trains everything, slower.'],
  });
}

function reasonsOf(failed: readonly FailedWay[]): string[] {
  return failed.flatMap(({ way, reason }) => `- ${titles[way]}: ${reason}.`.split('\n'));
}

const titles: Readonly<Record<SetupWay, string>> = {
  installed: 'An engine that is here already',
  prebuilt: 'The official download',
  built: 'A build against the TensorFlow of PyPI',
};
