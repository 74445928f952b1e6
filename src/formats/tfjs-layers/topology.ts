// A topology as tfjs writes it, with its weights by name: flattened, every shape checked.

import { FinetuneError } from '../../errors.js';
import { elementCount, type NetworkSource, type WeightSource } from '../../network/source.js';
import { isObject } from '../../system/json.js';
import { rewriteLayer } from '../keras/rewrite/table.js';
import { bindWeights } from '../layer-config/bind.js';
import { flattenModel } from '../layer-config/flatten.js';
import type { KerasLayer, SavedVariable, Steps, Tensor } from '../layer-config/steps.js';
import { type LeafNode, modelNames, parseModel, placeOf } from '../layer-config/tree.js';

/**
 * Flattens a topology and finds each layer's weights among the sources. What tfjs saved is taken as it is; what Python's
 * converter wrote speaks Keras, of which tfjs does not know every layer.
 * @param where the model's folder, for messages
 * @throws FinetuneError `bad-model`, `unsupported-layer`
 */
export function openTfjsTopology(
  modelTopology: unknown,
  sources: readonly WeightSource[],
  where: string,
): NetworkSource {
  const { config, kerasVersion } = unwrap(modelTopology);
  const isNative = kerasVersion === undefined;
  const model = parseModel(config);
  const flat = flattenModel(model, kerasVersion ?? 2, isNative ? keepLayer : rewriteLayer);
  const find = weightFinder(sources, where);
  const saved = new Map(
    [...flat.saved].map(([leaf, variables]) => [
      leaf,
      variables.flatMap(variable => find(leaf, variable) ?? []),
    ]),
  );
  const storedBytes = sources.reduce((bytes, { shape }) => bytes + 4 * elementCount(shape), 0);
  return {
    topology: flat.topology,
    weights: bindWeights(flat, saved, storedBytes),
    notes: flat.notes,
    modelNames: modelNames(model),
  };
}

/** @returns the major version of the Keras that wrote the config; undefined for what tfjs itself wrote */
function unwrap(modelTopology: unknown): { config: unknown; kerasVersion: number | undefined } {
  if (!isObject(modelTopology)) return { config: modelTopology, kerasVersion: undefined };
  const { keras_version: version, model_config: config } = modelTopology;
  const major = Number.parseInt(String(version), 10);
  return {
    config: isObject(config) ? config : modelTopology,
    kerasVersion: Number.isNaN(major) ? undefined : major,
  };
}

/** tfjs knows its own layers: nothing to rewrite, but for a dilation of which it takes no notice. */
function keepLayer(layer: KerasLayer, steps: Steps): Tensor {
  const { name: _name, dilation_rate: dilation, ...others } = layer.config;
  const isIgnored = dilation === undefined || layer.className === 'DepthwiseConv2D';
  const config = isIgnored ? others : { ...others, dilation_rate: dilation };
  return steps.addWithVariables(layer.className, config, steps.inputs);
}

function weightFinder(sources: readonly WeightSource[], where: string) {
  const named = new Map<string, WeightSource[]>();
  for (const source of sources) {
    const name = source.name.replace(/:\d+$/, '');
    const ending = endingOf(name);
    named.set(ending, [...(named.get(ending) ?? []), { ...source, name }]);
  }
  return (leaf: LeafNode, { name: variable, optional }: SavedVariable): WeightSource | undefined => {
    for (const alias of [variable, newNames[variable] ?? variable]) {
      const name = `${leaf.name}/${alias}`;
      const found = nearestTo(leaf, name, named.get(endingOf(name)) ?? []);
      if (found.length > 1) throw ambiguous(leaf, alias, where);
      if (found.length === 1 || optional) return found[0];
    }
    throw new FinetuneError(
      'bad-model',
      `The weight "${variable}" of the layer ${placeOf(leaf)} is missing in ${where}. The folder is incomplete or of another model.`,
    );
  };
}

/** Layer and variable, or the end of both. */
function endingOf(name: string): string {
  return name.split('/').slice(-2).join('/');
}

/** The weights with a layer's name; where there are several, those with the names of the models around it, too. */
function nearestTo(
  { path }: LeafNode,
  name: string,
  sources: readonly WeightSource[],
): readonly WeightSource[] {
  const candidates = sources.filter(source => source.name === name || source.name.endsWith(`/${name}`));
  for (const start of candidates.length > 1 ? [...path.keys(), path.length] : []) {
    const full = [...path.slice(start), name].join('/');
    const exact = candidates.filter(source => source.name === full);
    if (exact.length > 0) return exact;
  }
  return candidates;
}

function ambiguous(leaf: LeafNode, variable: string, where: string): FinetuneError {
  return new FinetuneError(
    'bad-model',
    `${where} holds several weights "${leaf.name}/${variable}", and nothing says which is that of the layer ${placeOf(leaf)}. ` +
      'Expected names that tell them apart: rename one of the layers and convert the model again.',
  );
}

/** What Keras 3 calls a weight that Keras 2 and tfjs call otherwise. */
const newNames: Readonly<Record<string, string>> = { depthwise_kernel: 'kernel' };
