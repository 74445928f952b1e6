// Loads a folder as a web page would: plain tfjs, over HTTP.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

export async function loadInTfjs(dir: string, backend: 'wasm' | 'cpu' = 'wasm'): Promise<LayersModel> {
  await tf.setBackend(backend);
  const server = createServer(async (request, response) => {
    response.end(await readFile(join(dir, basename(request.url ?? ''))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await loadLayersModel(`http://127.0.0.1:${(server.address() as AddressInfo).port}/model.json`);
  } finally {
    server.close();
  }
}

/** Runs the model on one input (or one per input), without the batch dimension; gives every output's values. */
export function predict(
  model: LayersModel,
  inputs: readonly { readonly data: Float32Array; readonly shape: readonly number[] }[],
): Float32Array[] {
  return tf.tidy(() => {
    const tensors = inputs.map(({ data, shape }) => tf.tensor(data, [1, ...shape]));
    const outputs = [model.predict(tensors.length === 1 ? tensors[0]! : tensors)].flat();
    return outputs.map(output => output.dataSync() as Float32Array);
  });
}

export function largestDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < one.length; i++) {
    const difference = Math.abs(one[i]! - other[i]!); // NaN stays NaN
    largest = Math.max(difference, largest);
  }
  return largest;
}
