// The part of a classifier below its head: pixels in, pooled features out. Loaded when features are asked for, since a
// prediction needs neither the topology nor the compiler.

import type { Card } from '../backbones/card.js';
import { poolingName } from '../features/base.js';
import { compileOnnx } from '../formats/onnx/compile.js';
import { loadLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { openSession, type Session } from '../inference/session.js';
import { appendLayers, removeTop } from '../network/cut.js';
import type { Network } from '../network/network.js';
import { joinedPoolingName } from '../network/pooled-layers.js';
import { pruneNetwork } from '../network/prune.js';

/** Opens a session that gives features, on the CPU. */
export async function openFeatureSession(model: Parameters<typeof loadFeatureNetwork>[0]): Promise<Session> {
  return openSession(compileOnnx(await loadFeatureNetwork(model)));
}

/**
 * Loads the network that gives features.
 * @param model the folder of a run's model or of a backbone, and its card
 * @returns from an image to `[features]`: as the head of the run gets them, or averaged over a backbone's last feature map
 */
async function loadFeatureNetwork(model: { readonly folder: string; readonly card: Card }): Promise<Network> {
  const network = await loadLayersModel(model.folder, model.card.sha256);
  const layers = new Set(network.topology.config.layers.map(({ config }) => config.name));
  const end = [joinedPoolingName, poolingName].find(name => layers.has(name));
  // Where the network looks at the mirror, too, that is each layer's second call.
  if (end !== undefined) return pruneNetwork(network, [[end, 0, 0]]);
  const pooling = {
    class_name: 'GlobalAveragePooling2D',
    config: { name: poolingName, data_format: 'channels_last' },
  };
  return appendLayers(removeTop(network, model.card), [pooling], []);
}
