// The HDF5 layout of Keras 1 and 2 (Keras 3 writes it too): a group per layer, its weights listed by an attribute.
// Layers and weights are matched in order, as Keras does: old files call their data sets what they like.

import { FinetuneError } from '../../../errors.js';
import type { WeightSource } from '../../../network/source.js';
import type { SavedVariable } from '../../layer-config/steps.js';
import type { LeafNode, ModelNode, TreeNode } from '../../layer-config/tree.js';
import type { Hdf5File } from './file.js';
import { quantizationOf, refused } from './quantized.js';
import { openWeight } from './weight.js';

/** A model's layers, and what a file must hold for each. */
export interface WantedWeights {
  readonly model: ModelNode;
  readonly saved: ReadonlyMap<LeafNode, readonly SavedVariable[]>;
}

/** A variable that a layer of the outermost model owns, directly or through the models in it. */
interface Owned {
  readonly leaf: LeafNode;
  readonly variable: SavedVariable;
  readonly index: number;
}

/** State of random generators, which some versions of Keras save among the weights. */
const generatorState = /(^|\/)(StateVar|seed_generator_state|rng_state)(:\d+)?$/;

/**
 * Finds every layer's variables.
 * @param group where `layer_names` stands: `/` or `/model_weights`
 * @throws FinetuneError `bad-weights` where the file's layers or weights do not match the model's in number
 */
export function findLegacyWeights(
  file: Hdf5File,
  group: string,
  { model, saved }: WantedWeights,
): ReadonlyMap<LeafNode, readonly WeightSource[]> {
  const layers = model.children
    .map(child => ({ child, owned: ownedVariables(child, saved) }))
    .filter(({ owned }) => owned.length > 0);
  const groups = spreadGroups(
    savedGroups(file, group),
    layers.map(({ owned }) => owned.length),
  );
  if (groups.length !== layers.length) {
    throw new FinetuneError(
      'bad-weights',
      `${file.label} holds weights of ${groups.length} layers, the model has ${layers.length} layers with weights. Expected weights of this very architecture (with or without its top, as the model).`,
    );
  }
  const found = new Map<LeafNode, WeightSource[]>();
  for (const [i, layer] of layers.entries()) {
    for (const { leaf, index, path } of match(file, layer, groups[i] ?? [])) {
      const sources = found.get(leaf) ?? [];
      sources[index] = openWeight(file, path);
      found.set(leaf, sources);
    }
  }
  return found;
}

/** Whether the group lists layers as Keras 1 and 2 do. */
export function hasLegacyLayout(file: Hdf5File, group: string): boolean {
  if (file.kindOf(group) !== 'group') return false;
  return file.hasAttribute(group, 'layer_names') || file.hasAttribute(group, 'layer_names0');
}

/** Trainable variables first, then the others: of a nested model, across all its layers. */
function ownedVariables(child: TreeNode, saved: WantedWeights['saved']): readonly Owned[] {
  const all = leavesOf(child).flatMap(leaf =>
    (saved.get(leaf) ?? []).map((variable, index) => ({ leaf, variable, index })),
  );
  if (child.kind === 'leaf' || !child.trainable) return all;
  const isTrainable = ({ leaf, variable }: Owned) => leaf.trainable && variable.trainable;
  return [...all.filter(isTrainable), ...all.filter(owned => !isTrainable(owned))];
}

function leavesOf(node: TreeNode): readonly LeafNode[] {
  return node.kind === 'leaf' ? [node] : node.children.flatMap(leavesOf);
}

/** Per layer with weights: the paths of its data sets, in order. */
/** A Sequential in the file, whose layers the model has one by one (ConvNeXt's stem): its group is dealt out to them. */
function spreadGroups<T>(
  groups: readonly (readonly T[])[],
  counts: readonly number[],
): readonly (readonly T[])[] {
  if (groups.length >= counts.length) return groups;
  const waiting = [...groups];
  return counts.flatMap(count => {
    const next = waiting.shift();
    if (next === undefined) return [];
    if (next.length > count) waiting.unshift(next.slice(count));
    return [next.slice(0, count)];
  });
}

function savedGroups(file: Hdf5File, group: string): readonly (readonly string[])[] {
  return readNames(file, group, 'layer_names')
    .map(layer => {
      const path = join(group, layer);
      if (file.kindOf(path) !== 'group') {
        throw new FinetuneError(
          'bad-weights',
          `The layer ${layer} is listed in ${file.label} but missing. The file is damaged.`,
        );
      }
      const names = readNames(file, path, 'weight_names').filter(name => !generatorState.test(name));
      return names.map(name => join(path, name));
    })
    .filter(weights => weights.length > 0);
}

/** An attribute, or its parts `name0`, `name1`, ... where it was too long for one. */
function readNames(file: Hdf5File, path: string, attribute: string): readonly string[] {
  if (file.hasAttribute(path, attribute)) return file.attribute(path, attribute);
  const names: string[] = [];
  for (let i = 0; file.hasAttribute(path, `${attribute}${i}`); i++) {
    names.push(...file.attribute(path, `${attribute}${i}`));
  }
  return names;
}

/** Which data set is which of a layer's variables. */
function match(
  file: Hdf5File,
  { child, owned }: { readonly child: TreeNode; readonly owned: readonly Owned[] },
  paths: readonly string[],
): readonly (Owned & { readonly path: string })[] {
  for (const { leaf } of owned) {
    const quantization = quantizationOf(leaf);
    if (quantization !== undefined) throw refused(leaf, quantization);
  }
  const required = owned.filter(({ variable }) => !variable.optional).length;
  if (paths.length > owned.length || paths.length < required) {
    throw new FinetuneError(
      'bad-weights',
      `${file.label} holds ${paths.length} weights for the layer "${child.name}" (${child.className}), which has ${owned.length}. Expected weights of this very architecture.`,
    );
  }
  const ordered = child.kind === 'model' ? (matchByName(owned, paths) ?? paths) : paths;
  return owned.flatMap((each, i) => {
    const path = ordered[i];
    return path === undefined ? [] : { ...each, path };
  });
}

/**
 * Inside a nested model the order depends on which layers were frozen when it was saved; where every name says
 * plainly whose variable it is (`conv1/kernel:0`), the names decide.
 */
function matchByName(owned: readonly Owned[], paths: readonly string[]): readonly string[] | undefined {
  const byName = new Map(paths.map(path => [path.replace(/:\d+$/, '').split('/').slice(-2).join('/'), path]));
  const ordered = owned.map(({ leaf, variable }) => byName.get(`${leaf.name}/${variable.name}`));
  const isComplete = byName.size === paths.length && new Set(ordered).size === paths.length;
  return isComplete && ordered.every(path => path !== undefined) ? ordered : undefined;
}

function join(group: string, name: string): string {
  return `${group === '/' ? '' : group}/${name}`;
}
