// A topology as tfjs writes it, with its weights by name: flattened, every shape checked.

import { FinetuneError } from '../../errors.js';
import type { NetworkSource, WeightSource } from '../../network/source.js';
import { isObject } from '../../system/json.js';
import { bindWeights } from '../layer-config/bind.js';
import { flattenModel } from '../layer-config/flatten.js';
import type { KerasLayer, Steps, Tensor } from '../layer-config/steps.js';
import { type LeafNode, parseModel, placeOf } from '../layer-config/tree.js';

/** tfjs' configs are those of Keras 2. */
const kerasVersion = 2;

/**
 * Flattens a tfjs topology and finds each layer's weights among the sources.
 * @param where the model's folder, for messages
 * @throws FinetuneError `bad-model`, `unsupported-layer`
 */
export function openTfjsTopology(
  modelTopology: unknown,
  sources: readonly WeightSource[],
  where: string,
): NetworkSource {
  const wrapped = isObject(modelTopology) && isObject(modelTopology.model_config);
  const model = parseModel(wrapped ? modelTopology.model_config : modelTopology);
  const flat = flattenModel(model, kerasVersion, keepLayer);
  const find = weightFinder(sources, where);
  const saved = new Map(
    [...flat.saved].map(([leaf, variables]) => [leaf, variables.map(({ name }) => find(leaf, name))]),
  );
  return { topology: flat.topology, weights: bindWeights(flat, saved), notes: flat.notes };
}

/** tfjs knows its own layers: nothing to rewrite. */
function keepLayer(layer: KerasLayer, steps: Steps): Tensor {
  const { name: _name, ...config } = layer.config;
  return steps.addWithVariables(layer.className, config, steps.inputs);
}

function weightFinder(sources: readonly WeightSource[], where: string) {
  const byName = new Map(sources.map(source => [source.name, source]));
  // Python's converter writes a nested layer's weights as `model/layer/kernel`.
  const bySuffix = new Map(sources.map(source => [source.name.split('/').slice(-2).join('/'), source]));
  return (leaf: LeafNode, variable: string): WeightSource => {
    const name = `${leaf.name}/${variable}`;
    const source = byName.get([...leaf.path, name].join('/')) ?? byName.get(name) ?? bySuffix.get(name);
    if (source !== undefined) return source;
    throw new FinetuneError(
      'bad-model',
      `The weight "${variable}" of the layer ${placeOf(leaf)} is missing in ${where}. The folder is incomplete or of another model.`,
    );
  };
}
