// The part of a classifier below its head: pixels in, pooled features out. Loaded when features are asked for, since a
// prediction needs neither the topology nor the compiler.

import type { Card } from '../backbones/card.js';
import { compileOnnx } from '../formats/onnx/compile.js';
import { loadLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { openSession, type Session } from '../inference/session.js';
import { appendLayers, cutAt, removeTop } from '../network/cut.js';
import type { Network } from '../network/network.js';

/** The layer that closes the base of every run. */
const poolingName = 'head_pooling';

/** Opens a session that gives features, on the CPU. */
export async function openFeatureSession(model: Parameters<typeof loadFeatureNetwork>[0]): Promise<Session> {
  return openSession(compileOnnx(await loadFeatureNetwork(model)));
}

/**
 * Loads the network that gives features.
 * @param model the folder of a run's model or of a backbone, and its card
 * @returns from an image to `[features]`: as the head of the run gets them, or averaged over a backbone's last feature map
 */
export async function loadFeatureNetwork(model: {
  readonly folder: string;
  readonly card: Card;
}): Promise<Network> {
  const network = await loadLayersModel(model.folder, model.card.sha256);
  const isRun = network.topology.config.layers.some(({ config }) => config.name === poolingName);
  if (isRun) return cutAt(network, poolingName);
  const pooling = {
    class_name: 'GlobalAveragePooling2D',
    config: { name: poolingName, data_format: 'channels_last' },
  };
  return appendLayers(removeTop(network, model.card), [pooling], []);
}
