// What the outputs of a classifier are: probabilities, or logits, which many networks end in since their loss takes them.

import { appendLayers } from './cut.js';
import { LayerNames } from './names.js';
import type { Network } from './network.js';
import type { NetworkSource } from './source.js';
import { outputOf, walk } from './walk.js';

/** Layers that hand on what they get, or the mean of it. */
const passing = /^(Dropout|Flatten|Reshape|GlobalAveragePooling2D)$/;

/** Layers that weigh sums, and may be followed by an activation of their own. */
const weighing = /^(Dense|Conv2D)$/;

/** A classifier that ends in logits with the activation that makes probabilities of them, and a note; any other as it is. */
export function withProbabilities<Source extends NetworkSource>(source: Source): Source {
  const activation = missingActivation({ topology: source.topology });
  if (activation === undefined) return source;
  const names = new LayerNames();
  for (const { config } of source.topology.config.layers) names.claim(config.name, []);
  const layer = { class_name: 'Activation', config: { name: names.claim('probabilities', []), activation } };
  const { topology } = appendLayers({ topology: source.topology, weights: new Map() }, [layer], []);
  const note = `The network ends in numbers that are no probabilities (logits): a ${activation} is put on top.`;
  return { ...source, topology, notes: [...source.notes, note] };
}

/** @returns undefined where there is one, or where nothing tells */
function missingActivation(network: Pick<Network, 'topology'>): 'softmax' | 'sigmoid' | undefined {
  const { callOf } = walk(network);
  const output = callOf(outputOf(network));
  let call = output;
  let [input] = call.inputs;
  while (input !== undefined && passing.test(call.layer.class_name)) {
    call = callOf(input);
    [input] = call.inputs;
  }
  const { class_name: className, config } = call.layer;
  if (!weighing.test(className) || (config.activation ?? 'linear') !== 'linear') return undefined;
  return output.shape[0] === 1 ? 'sigmoid' : 'softmax';
}
