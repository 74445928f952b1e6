// Folders as other programs write them: a Teachable Machine export, and what tensorflowjs_converter makes of a Keras model.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { networkOf } from './tfjs-network.js';

/** What `LayersModel.save` hands over. */
interface Saved {
  readonly topology: { readonly class_name: string; readonly config: unknown };
  readonly specs: readonly { readonly name: string; readonly shape: number[] }[];
  readonly data: Buffer;
}

/** A small MobileNet, nested in a Sequential beside a head of two dense layers, for two classes; input 224x224x3. */
export async function writeTeachableMachine(dir: string): Promise<void> {
  const base = sequential({ layers: [makeMobileNet(), layers.globalAveragePooling2d({ name: 'pool' })] });
  const head = sequential({
    layers: [
      layers.dense({ units: 10, activation: 'relu', inputShape: [16], name: 'dense_1' }),
      layers.dense({ units: 2, activation: 'softmax', useBias: false, name: 'dense_2' }),
    ],
  });
  const whole = sequential({ layers: [base, head] });
  networkOf(whole);
  const { topology, specs, data } = await save(whole);
  writeJson(dir, 'model.json', {
    modelTopology: inListForm(topology),
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
  });
  writeFileSync(join(dir, 'weights.bin'), data);
  writeJson(dir, 'metadata.json', {
    tfjsVersion: '1.1.2',
    tmVersion: '1.1.0',
    labels: ['Class 1', 'Class 2'],
  });
}

/** The small MobileNet with the weights of every layer in a group and a file of their own. */
export async function writeConverterOutput(dir: string): Promise<void> {
  const network = makeMobileNet();
  networkOf(network);
  const { topology, specs, data } = await save(network);
  mkdirSync(dir, { recursive: true });
  let offset = 0;
  const weightsManifest = specs.map((spec, i) => {
    const path = `group${i + 1}-shard1of1`;
    const bytes = tf.util.sizeFromShape(spec.shape) * 4;
    writeFileSync(join(dir, path), data.subarray(offset, offset + bytes));
    offset += bytes;
    return { paths: [path], weights: [spec] };
  });
  const modelTopology = { keras_version: '2.1.6', backend: 'tensorflow', model_config: topology };
  writeJson(dir, 'model.json', { modelTopology, weightsManifest });
}

function makeMobileNet(): LayersModel {
  const input = layers.input({ shape: [224, 224, 3], name: 'input_1' });
  const convolve = (filters: number, strides: number) => (x: SymbolicTensor) => {
    const y = layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', useBias: false }).apply(x);
    const normalized = layers.batchNormalization().apply(y) as SymbolicTensor;
    return layers.reLU({ maxValue: 6 }).apply(normalized) as SymbolicTensor;
  };
  const down = convolve(16, 4)(convolve(8, 4)(input));
  const depthwise = layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }).apply(down) as SymbolicTensor;
  return model({
    inputs: input,
    outputs: layers.add().apply([down, depthwise]) as SymbolicTensor,
    name: 'mobilenet',
  });
}

async function save(network: LayersModel): Promise<Saved> {
  const saved: Saved[] = [];
  const handler = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const data = Buffer.from(tf.io.CompositeArrayBuffer.join(weightData!));
    saved.push({ topology: modelTopology as Saved['topology'], specs: weightSpecs!, data });
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  });
  await network.save(handler);
  return saved[0]!;
}

/** A Sequential's config as tfjs 1 wrote it: the bare list of its layers. */
function inListForm(topology: Saved['topology']): unknown {
  if (topology.class_name !== 'Sequential') return topology;
  const { layers: inner } = topology.config as { layers: Saved['topology'][] };
  return { ...topology, config: inner.map(inListForm) };
}

function writeJson(dir: string, file: string, value: unknown): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, file), JSON.stringify(value));
}
