// What a model consists of once ONNX Runtime has optimized it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs/light.js';
import { onnxSchema } from '../../src/formats/onnx/schema.js';
import { openInference } from '../../src/inference/runtime.js';

interface DecodedModel {
  readonly graph: { readonly node: readonly { readonly opType: string }[] };
}

/** How many nodes of which operator ONNX Runtime runs for a model. */
export async function countOperators(model: Uint8Array): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'finetune-operators-'));
  const path = join(folder, 'optimized.onnx');
  await (await openInference(model, { optimizedModelPath: path })).release();
  const type = protobuf.Root.fromJSON(onnxSchema).lookupType('ModelProto');
  const decoded = type.decode(readFileSync(path)) as unknown as DecodedModel;
  rmSync(folder, { recursive: true });
  const counts: Record<string, number> = {};
  for (const { opType } of decoded.graph.node) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}
