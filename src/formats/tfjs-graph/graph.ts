// A tfjs graph model's model.json: nodes by name, checked. Not what the nodes mean.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { FinetuneError } from '../../errors.js';
import { describeIssue } from '../../system/issues.js';
import { maximumJsonBytes, parseJson } from '../../system/json.js';
import { measureFile } from '../../system/read-failure.js';

/** Numbers of 64 bits are texts. */
const number = v.pipe(v.unknown(), v.transform(Number), v.number(), v.finite());
const count = v.pipe(number, v.safeInteger());
const text = (longest: number) => v.pipe(v.string(), v.maxLength(longest));
const attribute = v.object({
  s: v.optional(v.string()),
  i: v.optional(count),
  f: v.optional(number),
  b: v.optional(v.boolean()),
  list: v.optional(v.object({ i: v.optional(v.array(count)), s: v.optional(v.array(v.string())) })),
  shape: v.optional(
    v.object({ dim: v.optional(v.pipe(v.array(v.object({ size: count })), v.maxLength(8))) }),
  ),
});

const nodeSchema = v.object({
  name: v.pipe(text(2000), v.nonEmpty()),
  op: v.pipe(text(200), v.nonEmpty()),
  input: v.optional(v.pipe(v.array(text(2000)), v.maxLength(10_000)), []),
  attr: v.optional(v.record(v.string(), attribute), {}),
});

const tensors = v.optional(v.record(v.string(), v.object({ name: text(2000) })));
const signature = v.optional(v.object({ inputs: tensors, outputs: tensors }));
const modelSchema = v.object({
  modelTopology: v.object({ node: v.pipe(v.array(nodeSchema), v.nonEmpty(), v.maxLength(100_000)) }),
  weightsManifest: v.unknown(),
  signature,
  userDefinedMetadata: v.optional(v.object({ signature })),
});

/** One operation. */
export type GraphNode = v.InferOutput<typeof nodeSchema>;

/** A graph model's nodes, and which of them is the output. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** The node whose value the model gives. */
  readonly output: string;
  /** Nodes whose values it gives, too. */
  readonly otherOutputs: readonly string[];
  readonly weightsManifest: unknown;
}

/** Whether a folder holds a graph model, by its model.json. */
export async function isGraphModel(dir: string): Promise<boolean> {
  const model = parseJson(await readModel(dir), join(dir, 'model.json'));
  return v.safeParse(modelSchema, model).success;
}

/**
 * Reads a graph model's nodes.
 * @throws FinetuneError `not-found` | `bad-model`
 */
export async function readGraph(dir: string): Promise<Graph> {
  const path = join(dir, 'model.json');
  const parsed = v.safeParse(modelSchema, parseJson(await readModel(dir), path));
  if (!parsed.success) {
    throw new FinetuneError('bad-model', `${path} is no graph model: ${describeIssue(parsed.issues)}.`);
  }
  const { modelTopology, weightsManifest, ...rest } = parsed.output;
  const nodes = new Map(modelTopology.node.map(node => [node.name, node]));
  const outputs = (rest.signature ?? rest.userDefinedMetadata?.signature)?.outputs;
  const named = new Set(Object.values(outputs ?? {}).map(({ name }) => nodeName(name)));
  const [output = lastNode(modelTopology.node), ...otherOutputs] = named;
  return { nodes, output, otherOutputs, weightsManifest };
}

async function readModel(dir: string): Promise<string> {
  const path = join(dir, 'model.json');
  const size = await measureFile(path);
  if (typeof size === 'string')
    throw new FinetuneError('not-found', `${path} ${size}. Expected a tfjs model's folder.`);
  if (size > maximumJsonBytes)
    throw new FinetuneError('bad-model', `${path} has ${size} bytes, which is no topology.`);
  return await readFile(path, 'utf8');
}

/** Without a signature: the last node that no other one uses. */
function lastNode(nodes: readonly GraphNode[]): string {
  const used = new Set(nodes.flatMap(node => node.input.map(nodeName)));
  return (
    nodes.findLast(node => !used.has(node.name) && node.op !== 'Const')?.name ?? nodes.at(-1)?.name ?? ''
  );
}

/** `conv/Relu:0` is the first output of `conv/Relu`. */
function nodeName(tensor: string): string {
  return tensor.replace(/:\d+$/, '');
}

/** The tensors that a node takes; control inputs (`^name`) carry none. */
export function tensorInputs(node: GraphNode): readonly string[] {
  return node.input.filter(input => !input.startsWith('^')).map(nodeName);
}

/** An attribute's text, which JSON carries in base64. */
export function textOf(node: GraphNode, name: string, fallback = ''): string {
  const { s } = node.attr[name] ?? {};
  return s === undefined ? fallback : Buffer.from(s, 'base64').toString('latin1');
}

/** An attribute's list of texts. */
export function textsOf(node: GraphNode, name: string): readonly string[] {
  return (node.attr[name]?.list?.s ?? []).map(text => Buffer.from(text, 'base64').toString('latin1'));
}

/** An attribute's list of integers. */
export function integersOf(node: GraphNode, name: string): readonly number[] {
  return node.attr[name]?.list?.i ?? [];
}
