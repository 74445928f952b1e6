// What the base needs: backbones, devices, the cache directory, the feature store.

import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { listBackbones } from '../backbones/resolve.js';
import { generateImages } from '../data/generated-images.js';
import { preprocess } from '../data/preprocess.js';
import { sizeOf } from '../engines/tensorflow/setup/build.js';
import { messageOf } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { type DeviceTrial, tryDevice } from '../inference/device-trial.js';
import { type DeviceName, listLikelyDevices } from '../inference/devices.js';
import type { ImageBatch } from '../inference/session.js';
import { cacheDirectory } from '../system/cache-directory.js';
import type { Check } from '../system/check.js';
import { inGigabytes } from '../system/checks.js';
import { type BaseOptions, loadBase } from './base.js';
import { storeDirectory, storeLimitBytes } from './store.js';

/** The feature store at its limit. */
const littleSpace = storeLimitBytes;

/** Which backbones are prepared. */
export async function checkBackbones(): Promise<Check> {
  const backbones = await listBackbones();
  const names = [...new Set(backbones.map(each => each.name))];
  return {
    name: 'Backbones',
    finding: names.join(', ') || 'none prepared',
    details: {
      prepared: backbones.map(({ name, dir, card }) => ({ name, dir, architecture: card.architecture })),
    },
    ...(names.length === 0 && {
      problem: 'There is nothing to train on.',
      remedy: 'finetune prepare, or finetune prepare --from FILE for a Keras file',
    }),
  };
}

/** Whether the cache directory can be written, and has room. */
export async function checkCache(): Promise<Check> {
  const directory = cacheDirectory();
  try {
    await mkdir(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    return {
      name: 'Cache',
      finding: `${directory}, ${inGigabytes(free)} free`,
      details: { directory, free },
      ...(free < littleSpace && {
        problem: 'The disk is nearly full.',
        remedy: 'FINETUNE_CACHE names another place for it.',
      }),
    };
  } catch (error) {
    return {
      name: 'Cache',
      finding: `${directory} cannot be written`,
      details: { directory, error: messageOf(error) },
      problem: messageOf(error),
      remedy: 'FINETUNE_CACHE names another place for it.',
    };
  }
}

/** What is tried, where nothing else is said: the backbone that comes with the program, on what this machine seems to have. */
interface DeviceCheckOptions {
  readonly candidates?: readonly DeviceName[];
  readonly inputShape?: BaseOptions['inputShape'];
  readonly cut?: string;
}

/** Which devices there are beside the CPU, whether they compute what it computes, and how fast. */
export async function checkDevices(options: DeviceCheckOptions = {}): Promise<Check> {
  const { candidates = await listLikelyDevices(), inputShape, cut } = options;
  const name = 'Devices';
  if (candidates.length === 0) return { name, finding: 'the CPU; no GPU found', details: { devices: {} } };
  const base = await loadBase({ backbone: embedded, inputShape, cut, resize: undefined, pooling: 'avg' });
  const { size, channels, preprocessing } = base.rules;
  const images = generateImages(size, channels).map(({ data }): ImageBatch => {
    return { input: preprocess(data, preprocessing), shape: [1, ...size, channels] };
  });
  const graph = compileGraph(base.network);
  const devices: Record<string, DeviceTrial | { readonly failure: string }> = {};
  for (const device of candidates) {
    devices[device] = await tryDevice(device, { graph, images }).catch((error: unknown) => ({
      failure: messageOf(error),
    }));
  }
  const finding = Object.entries(devices).map(([device, trial]) => `${device}: ${describeTrial(trial)}`);
  return { name, finding: finding.join('; '), details: { devices } };
}

function describeTrial(trial: DeviceTrial | { readonly failure: string }): string {
  if ('failure' in trial) return `cannot be used (${trial.failure})`;
  const { imagesPerSecond, startSeconds } = trial;
  return `${imagesPerSecond.toFixed(0)} images/s with ${embedded} after ${startSeconds.toFixed(1)} s`;
}

/** The backbone that comes with the program. */
const embedded = 'efficientnet-lite0';

/** How much the feature store takes. */
export async function checkFeatureStore(): Promise<Check> {
  const directory = storeDirectory(undefined);
  const bytes = existsSync(directory) ? await sizeOf(directory) : 0;
  return {
    name: 'Feature store',
    finding: `${inGigabytes(bytes)} of at most ${inGigabytes(storeLimitBytes)}`,
    details: { directory, bytes, limit: storeLimitBytes },
  };
}
