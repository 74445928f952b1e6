// A model's config as a tree: models within models, layers at the leaves, every call in one form.
// It reads Keras 2, Keras 3 and tfjs topologies alike; what a layer means is not its business.

import { FinetuneError } from '../../errors.js';
import type { TensorReference } from '../../network/network.js';
import type { Shape } from '../../network/shape-rules.js';
import { arrayAt, isObject, type JsonObject, objectAt, textAt } from '../../system/json.js';
import { type Call, parseCalls, parseReferences } from './calls.js';

/** A part of a model: a model or a layer. */
export type TreeNode = ModelNode | LeafNode;

interface Callable {
  /** Unique in the model around it. */
  readonly name: string;
  readonly className: string;
  /** Names of the models around it, outermost first. */
  readonly path: readonly string[];
  readonly calls: readonly Call[];
  /** Its class is the user's own, whatever it is called. */
  readonly isOwn: boolean;
}

/** One layer (or a bare operation of Keras 3, such as `x + y`). */
export interface LeafNode extends Callable {
  readonly kind: 'leaf';
  readonly config: JsonObject;
  /** Not a layer: it has no weights and no place in `model.layers`. */
  readonly isOperation: boolean;
  readonly trainable: boolean;
}

/** A model, nested or outermost. */
export interface ModelNode extends Callable {
  readonly kind: 'model';
  readonly children: readonly TreeNode[];
  /** Undefined for a Sequential: its children are called one after another. */
  readonly ends:
    | { readonly inputs: readonly TensorReference[]; readonly outputs: readonly TensorReference[] }
    | undefined;
  /** The input shape of a Sequential that names no input layer: `[null, height, width, channels]`. */
  readonly batchInputShape: unknown;
  readonly trainable: boolean;
}

const maximumDepth = 32;
const maximumLayers = 20_000;
const maximumSize = 2 ** 24;

/**
 * Reads `{class_name, config}` of a whole model.
 * @throws FinetuneError `bad-model` where the config is malformed
 */
export function parseModel(value: unknown): ModelNode {
  const model = objectAt(value, 'The model config');
  const className = textAt(model.class_name, 'class_name of the model');
  if (!isModelClass(className, model.config)) {
    throw new FinetuneError(
      'bad-model',
      `The file holds a ${className}. Expected a Sequential or Functional model; a subclassed model carries its code, not its layers: rebuild it with the functional API and save it again.`,
    );
  }
  return parseModelNode(model, [], [], 'model');
}

/** Subclasses of Functional keep their own class name but have its config. */
function isModelClass(className: string, config: unknown): boolean {
  if (className === 'Sequential') return true;
  return isObject(config) && Array.isArray(config.layers) && config.output_layers !== undefined;
}

function parseModelNode(
  value: JsonObject,
  path: readonly string[],
  calls: readonly Call[],
  fallbackName: string,
): ModelNode {
  if (path.length > maximumDepth) {
    throw new FinetuneError(
      'bad-model',
      `Models are nested more than ${maximumDepth} deep. Expected fewer: the file is damaged.`,
    );
  }
  const className = textAt(value.class_name, 'class_name of a model');
  // Keras 1 and early 2 gave a Sequential's config as the bare list of its layers.
  const config = Array.isArray(value.config)
    ? { name: fallbackName, layers: value.config }
    : objectAt(value.config, `config of ${fallbackName}`);
  const name = textAt(value.name ?? config.name ?? fallbackName, `name of ${fallbackName}`);
  const where = `The model "${name}"`;
  const layers = layersOf(config, where);
  const inner = [...path, name];
  const children = layers.map((layer, i) => parseChild(layer, inner, `${where}, layer ${i}`));
  assertUnique(children, where);
  return {
    kind: 'model',
    name,
    className,
    path,
    calls,
    children,
    ends: className === 'Sequential' ? undefined : parseEnds(config, where),
    batchInputShape: batchInputShapeOf(config, layers),
    trainable: config.trainable !== false,
    isOwn: !plainModels.includes(className),
  };
}

function layersOf(config: JsonObject, where: string): readonly unknown[] {
  const layers = arrayAt(config.layers, `${where}, layers`);
  if (layers.length > 0 && layers.length <= maximumLayers) return layers;
  throw new FinetuneError(
    'bad-model',
    `${where} has ${layers.length} layers. Expected 1 to ${maximumLayers}.`,
  );
}

const plainModels: readonly string[] = ['Sequential', 'Functional', 'Model'];

function parseChild(value: unknown, path: readonly string[], where: string): TreeNode {
  const layer = objectAt(value, where);
  const className = textAt(layer.class_name, `${where}, class_name`);
  if (isModelClass(className, layer.config)) {
    const calls = parseCalls(layer.inbound_nodes, where);
    return parseModelNode(layer, path, calls, `model at ${where}`);
  }
  const config = objectAt(layer.config ?? {}, `${where}, config`);
  const name = textAt(layer.name ?? config.name, `${where}, name`);
  return {
    kind: 'leaf',
    name,
    className,
    path,
    calls: parseCalls(layer.inbound_nodes, `The layer "${name}"`),
    config,
    isOperation: isOperation(layer, config),
    isOwn: isOwn(layer),
    trainable: config.trainable !== false,
  };
}

/** Keras 3 names an operation's module in `.keras` files; in `.h5` files only a layer has a dtype. */
function isOperation({ module, inbound_nodes: calls }: JsonObject, config: JsonObject): boolean {
  if (typeof module === 'string') return /\bops\b/.test(module);
  return Array.isArray(calls) && isObject(calls[0]) && config.dtype === undefined;
}

/** Keras 3 registers a class of somebody else under a name, and has no module of its own for it. */
function isOwn({ module, registered_name: registered }: JsonObject): boolean {
  return typeof registered === 'string' && !/^(tf_)?keras\b/.test(String(module));
}

function parseEnds(config: JsonObject, where: string) {
  return {
    inputs: parseReferences(config.input_layers, `${where}, input_layers`),
    outputs: parseReferences(config.output_layers, `${where}, output_layers`),
  };
}

function batchInputShapeOf(config: JsonObject, layers: readonly unknown[]): unknown {
  const first = layers[0];
  const firstConfig = isObject(first) && isObject(first.config) ? first.config : {};
  return firstConfig.batch_input_shape ?? config.build_input_shape;
}

function assertUnique(children: readonly TreeNode[], where: string): void {
  const names = new Set<string>();
  for (const { name } of children) {
    if (names.has(name))
      throw new FinetuneError(
        'bad-model',
        `${where} has two layers named "${name}". Expected every name once: the file is damaged.`,
      );
    names.add(name);
  }
}

/** Names of a model and of all models in it, the outermost first. */
export function modelNames(model: ModelNode): readonly string[] {
  return [model.name, ...model.children.flatMap(child => (child.kind === 'model' ? modelNames(child) : []))];
}

/** `"conv1" in "block"`, for messages; the outermost model goes without saying. */
export function placeOf({ path, name }: TreeNode): string {
  return [name, ...path.slice(1).toReversed()].map(part => `"${part}"`).join(' in ');
}

/** A note about a model whose class may do more than call its layers. */
export function describeOwnModel({ name, className }: ModelNode): string {
  return (
    `The model "${name}" is of a class of its own, ${className}: its layers are taken, but what its own call() does beside ` +
    'is not in the file.'
  );
}

/** A note about a layer or a model that is called with `training=True`. */
export function describeTraining(node: TreeNode): string {
  return (
    `${placeOf(node)} is called with training=True: in Keras it drops values, and normalizes by the images at hand, ` +
    'also when it predicts. Here it does not, so predictions may differ.'
  );
}

/** Shape of an InputLayer without the batch dimension: `batch_shape` in Keras 3, `batch_input_shape` before. */
export function inputShapeOf({ config, name }: LeafNode): Shape {
  return batchInputShape(config.batch_input_shape ?? config.batch_shape, `The input "${name}"`);
}

/** Shape of a Sequential's input: its own, or that of the layer or model it begins with. */
export function sequentialInputShape(model: ModelNode): Shape {
  let first: TreeNode | undefined = model;
  let shape: unknown;
  while (shape === undefined && first !== undefined) {
    if (isInputLayer(first)) return inputShapeOf(first);
    shape = first.kind === 'model' ? first.batchInputShape : undefined;
    first = first.kind === 'model' ? firstChild(first) : undefined;
  }
  return batchInputShape(shape, `The model "${model.name}"`);
}

function firstChild({ children, ends }: ModelNode): TreeNode | undefined {
  const name = ends?.inputs[0]?.[0];
  return name === undefined ? children[0] : children.find(child => child.name === name);
}

/** Whether a node of the tree is an input. */
export function isInputLayer(child: TreeNode): child is LeafNode {
  return child.kind === 'leaf' && child.className === 'InputLayer';
}

/**
 * `[null, 224, 224, 3]` to `[224, 224, 3]`.
 * @throws FinetuneError `bad-model`
 */
function batchInputShape(value: unknown, where: string): Shape {
  const isSize = (size: unknown): boolean =>
    size === null || (typeof size === 'number' && Number.isInteger(size) && size > 0 && size <= maximumSize);
  if (Array.isArray(value) && value.length >= 2 && value.length <= 8 && value.slice(1).every(isSize)) {
    return value.slice(1);
  }
  throw new FinetuneError(
    'bad-model',
    `${where} has no input shape (${JSON.stringify(value)?.slice(0, 80) ?? 'none'}). Expected one like [null, 224, 224, 3]: call the model once, or give it an Input, and save it again.`,
  );
}
