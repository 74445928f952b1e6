// A network of layers as a session. Loaded where one is needed: predicting with a run takes its model.onnx as it is, and
// starts a tenth of a second earlier without the compiler and the tables of layers.

import type { Card } from '../backbones/card.js';
import { preprocessInput } from '../backbones/preprocessing.js';
import { generateImages } from '../data/generated-images.js';
import { compileGraph, compileOnnx } from '../formats/onnx/compile.js';
import { loadLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { openTriedDevice } from '../inference/device-trial.js';
import type { DeviceName } from '../inference/devices.js';
import { type ImageBatch, largeWeights, openSession, type Session } from '../inference/session.js';
import { type TemporaryModel, writeTemporaryModel } from '../inference/temporary-model.js';
import type { Network } from '../network/network.js';

/**
 * Reads a model folder.
 * @throws FinetuneError `bad-model` where the weights are not those of the card
 */
export async function loadNetwork(folder: string, { sha256 }: Card): Promise<Network> {
  return loadLayersModel(folder, sha256);
}

/** Compiles a network for the CPU. */
export async function openOnCpu(network: Network): Promise<Session> {
  return openSession(compileOnnx(network));
}

/** Compiles a network for threads on the CPU; undefined for one so large that it is to be in memory once only. */
export async function writeForThreads(network: Network): Promise<TemporaryModel | undefined> {
  const bytes = [...network.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  return bytes > largeWeights ? undefined : writeTemporaryModel(compileGraph(network));
}

/**
 * Compiles a network for another device, which must first compute what the CPU computes.
 * @throws Error with the reason why the device cannot be used
 */
export async function openOnDevice(device: DeviceName, network: Network, card: Card): Promise<Session> {
  const { session } = await openTriedDevice(device, {
    graph: compileGraph(network),
    images: makeImages(card),
  });
  return session;
}

/** Images to try a device on. */
function makeImages({ inputShape, preprocessing }: Card): ImageBatch[] {
  const [height, width, channels] = inputShape;
  const size = [height ?? 224, width ?? 224] as const;
  return generateImages(size, channels)
    .slice(0, 2)
    .map(({ data }) => ({ input: preprocessInput(data, preprocessing), shape: [1, ...size, channels] }));
}
