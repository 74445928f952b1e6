// A tfjs graph model's model.json: nodes by name, checked. Not what the nodes mean.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FinetuneError } from '../../errors.js';
import { maximumJsonBytes, parseJson } from '../../system/json.js';

const count = z.coerce.number().int();
const attribute = z.object({
  s: z.string().optional(),
  i: count.optional(),
  f: z.coerce.number().optional(),
  b: z.boolean().optional(),
  list: z.object({ i: z.array(count).optional(), s: z.array(z.string()).optional() }).optional(),
  shape: z
    .object({
      dim: z
        .array(z.object({ size: count }))
        .max(8)
        .optional(),
    })
    .optional(),
});

const nodeSchema = z.object({
  name: z.string().min(1).max(2000),
  op: z.string().min(1).max(200),
  input: z.array(z.string().max(2000)).max(10_000).default([]),
  attr: z.record(z.string(), attribute).default({}),
});

const tensors = z.record(z.string(), z.object({ name: z.string().max(2000) })).optional();
const signature = z.object({ inputs: tensors, outputs: tensors }).optional();
const modelSchema = z.object({
  modelTopology: z.object({ node: z.array(nodeSchema).min(1).max(100_000) }),
  weightsManifest: z.unknown(),
  signature,
  userDefinedMetadata: z.object({ signature }).optional(),
});

/** One operation. */
export type GraphNode = z.output<typeof nodeSchema>;

/** A graph model's nodes, and which of them is the output. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** The node whose value the model gives. */
  readonly output: string;
  readonly weightsManifest: unknown;
}

/** Whether a folder holds a graph model, by its model.json. */
export async function isGraphModel(dir: string): Promise<boolean> {
  const model = parseJson(await readModel(dir), join(dir, 'model.json'));
  return modelSchema.safeParse(model).success;
}

/**
 * Reads a graph model's nodes.
 * @throws FinetuneError `not-found` | `bad-model`
 */
export async function readGraph(dir: string): Promise<Graph> {
  const path = join(dir, 'model.json');
  const parsed = modelSchema.safeParse(parseJson(await readModel(dir), path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new FinetuneError(
      'bad-model',
      `${path} is no graph model: ${issue?.path.join('.')}: ${issue?.message}.`,
    );
  }
  const { modelTopology, weightsManifest, ...rest } = parsed.data;
  const nodes = new Map(modelTopology.node.map(node => [node.name, node]));
  const outputs = (rest.signature ?? rest.userDefinedMetadata?.signature)?.outputs;
  const [named] = Object.values(outputs ?? {});
  const output = named === undefined ? lastNode(modelTopology.node) : nodeName(named.name);
  return { nodes, output, weightsManifest };
}

async function readModel(dir: string): Promise<string> {
  const path = join(dir, 'model.json');
  const size = await stat(path).then(
    entry => entry.size,
    () => undefined,
  );
  if (size === undefined)
    throw new FinetuneError('not-found', `${path} is missing. Expected a tfjs model's folder.`);
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
export function nodeName(tensor: string): string {
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
