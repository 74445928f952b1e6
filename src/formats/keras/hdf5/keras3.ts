// The HDF5 layout of Keras 3 (`model.weights.h5`): groups after the layers' classes, each with a group `vars`.

import { FinetuneError } from '../../../errors.js';
import type { WeightSource } from '../../../network/source.js';
import type { LeafNode, ModelNode, TreeNode } from '../../layer-config/tree.js';
import type { Hdf5File } from './file.js';
import type { WantedWeights } from './legacy.js';
import { dequantize } from './quantized.js';
import { openWeight } from './weight.js';

/** What Keras calls the group of a model's layers; the second is that of Keras 2.12 to 2.15. */
const containers = ['layers', '_layer_checkpoint_dependencies'];

/**
 * Finds every layer's variables.
 * @throws FinetuneError `bad-weights` where a layer of the model has no group, or a group is another layer's
 */
export function findKeras3Weights(
  file: Hdf5File,
  { model, saved }: WantedWeights,
): ReadonlyMap<LeafNode, readonly WeightSource[]> {
  const found = new Map<LeafNode, readonly WeightSource[]>();
  for (const { leaf, group } of placeLeaves(file, model, '')) {
    if ((saved.get(leaf)?.length ?? 0) > 0) found.set(leaf, variablesIn(file, leaf, group));
  }
  return found;
}

/** Whether the file's root is a model as Keras 3 saves it. */
export function isKeras3Layout(file: Hdf5File): boolean {
  return containers.some(name => file.kindOf(`/${name}`) === 'group');
}

/** Every layer of a model, through the models in it, with the group that is its own. */
function placeLeaves(
  file: Hdf5File,
  model: ModelNode,
  path: string,
): readonly { readonly leaf: LeafNode; readonly group: string }[] {
  const children = layersOf(model);
  const container = containers.map(name => `${path}/${name}`).find(name => file.kindOf(name) === 'group');
  const groups = container === undefined ? [] : groupsOf(file, children, container);
  return children.flatMap((child, i) => {
    const group = groups[i] ?? `${path}/missing`;
    return child.kind === 'model' ? placeLeaves(file, child, group) : [{ leaf: child, group }];
  });
}

/** What Keras lists as `model.layers`: no bare operations, no input of a Sequential. */
function layersOf(model: ModelNode): readonly TreeNode[] {
  return model.children.filter(
    child =>
      child.kind === 'model' ||
      (!child.isOperation && !(model.ends === undefined && child.className === 'InputLayer')),
  );
}

/**
 * Each layer's group. Keras names them `conv2d`, `conv2d_1`, ... by class and order. Newer files say on `vars` which
 * layer it was; where they do for all layers, that decides.
 */
function groupsOf(file: Hdf5File, children: readonly TreeNode[], container: string): readonly string[] {
  const named = new Map<string, string>();
  for (const group of file.children(container)) {
    const vars = `${container}/${group}/vars`;
    if (file.kindOf(vars) !== 'group' || !file.hasAttribute(vars, 'name')) continue;
    const [name] = file.attribute(vars, 'name');
    if (name !== undefined) named.set(name, `${container}/${group}`);
  }
  const isNamed = children.every(({ name }) => named.has(name));
  const counts = new Map<string, number>();
  return children.map(child => {
    const base = snakeCase(child.className);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const byClass = `${container}/${count === 0 ? base : `${base}_${count}`}`;
    return (isNamed && named.get(child.name)) || byClass;
  });
}

function variablesIn(file: Hdf5File, leaf: LeafNode, group: string): readonly WeightSource[] {
  const vars = `${group}/vars`;
  if (file.kindOf(vars) !== 'group') {
    throw new FinetuneError(
      'bad-weights',
      `${file.label} holds no weights for the layer "${leaf.name}" (${leaf.className}). Expected weights of this very architecture.`,
    );
  }
  const count = file.children(vars).length;
  return dequantize(
    leaf,
    Array.from({ length: count }, (_, i) => openWeight(file, `${vars}/${i}`)),
  );
}

/** `DepthwiseConv2D` to `depthwise_conv2d`, as Keras does it. */
function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
