// The engine as the npm package's authors prebuilt it: TensorFlow 2.9, for CUDA 11.2 and GPUs up to Ampere.

import { constants, existsSync } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { claimFolder, isClaimed } from '../../../system/claimed-folder.js';
import { findGpus } from '../../../system/gpus.js';
import { runProgram } from '../../../system/run-program.js';
import { findBindings, findPrebuilt, type TensorflowPlace } from '../place.js';

/** Where the install script downloads from, unless the user's variables name a mirror. */
const host = 'https://storage.googleapis.com/';

const mirrorVariables = [
  'TFJS_NODE_CDN_STORAGE',
  'npm_config_TFJS_NODE_CDN_STORAGE',
  'CDN_STORAGE',
  'TFJS_NODE_BASE_URI',
  'npm_config_TFJS_NODE_BASE_URI',
];

/** The newest GPUs that CUDA 11.2 was compiled for (Ampere). */
const newestCapability = 8.6;

const answerSeconds = 5;
const downloadSeconds = 1200;

/**
 * Runs the install script that npm may not have run.
 * @throws Error with the reason, when that cannot work here; what a stopped script has begun is gone then
 */
export async function installPrebuilt(device: 'cpu' | 'cuda', signal: AbortSignal): Promise<TensorflowPlace> {
  const bindings = findBindings();
  if (bindings === undefined) throw new Error('the npm package is not installed beside this program');
  await access(bindings, constants.W_OK).catch(() => {
    throw new Error(`${bindings} is read-only`);
  });
  if (device === 'cuda') await requireOldGpu(signal);
  await requireHost(signal);
  const kind = device === 'cuda' ? 'gpu' : 'cpu';
  const added = foldersIn(bindings).filter(folder => !existsSync(folder));
  for (const folder of added) await claimFolder(folder);
  try {
    await runProgram(process.execPath, [join('scripts', 'install.js'), kind, 'download'], {
      directory: bindings,
      environment: { ...process.env, PATH: [toolsDirectory(bindings), process.env.PATH].join(delimiter) },
      timeoutSeconds: downloadSeconds,
      signal,
    });
  } catch (error) {
    for (const folder of added) await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const place = findPrebuilt();
  if (place === undefined) throw new Error('the install script left no addon behind');
  return place;
}

/** Removes what `installPrebuilt` added: what npm's own run of the script brought was there before. */
export async function removePrebuilt(place: TensorflowPlace): Promise<void> {
  for (const folder of prebuiltFolders(place))
    if (isClaimed(folder)) await rm(folder, { recursive: true, force: true });
}

/** What the install script adds to the npm package: the addon and the library. */
export function prebuiltFolders(place: TensorflowPlace): string[] {
  return foldersIn(place.directory);
}

function foldersIn(bindings: string): string[] {
  return ['lib', 'deps'].map(each => join(bindings, each));
}

async function requireOldGpu(signal: AbortSignal): Promise<void> {
  const tooNew = (await findGpus(signal)).find(gpu => gpu.computeCapability > newestCapability);
  if (tooNew !== undefined) throw new Error(`its CUDA 11.2 does not know the ${tooNew.name}`);
}

async function requireHost(signal: AbortSignal): Promise<void> {
  if (mirrorVariables.some(name => process.env[name])) return;
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(answerSeconds * 1000)]);
    await fetch(host, { method: 'HEAD', dispatcher, signal: soon });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${host} does not answer`, { cause: error });
  } finally {
    await dispatcher.close();
  }
}

/** Where npm has put the programs of the package's dependencies: the script calls node-pre-gyp by name. */
function toolsDirectory(bindings: string): string {
  const require = createRequire(join(bindings, 'package.json'));
  const preGyp = dirname(require.resolve('@mapbox/node-pre-gyp/package.json'));
  return join(preGyp, '..', '..', '.bin');
}
