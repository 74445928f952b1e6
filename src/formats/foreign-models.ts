// Models of formats that are not read: each is named as what it is, with the way to one that is.

import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { FinetuneError } from '../errors.js';

const toKeras = "save it as Keras does (model.save('model.keras')), and prepare that file";

const savedModel = (path: string) =>
  `${path} is a TensorFlow SavedModel, which is not read. In Python: ` +
  `tf.keras.models.load_model('${path}').save('model.keras') for a Keras model, ` +
  'else tensorflowjs_converter --input_format tf_saved_model; then prepare what that gives.';

/** By a file's ending: what it is, and what to do. */
const byEnding: Readonly<Record<string, (path: string) => string>> = {
  '.pb': path =>
    `${path} is a TensorFlow graph, which is not read. Build its Keras model in Python, ${toKeras}.`,
  '.tflite': path =>
    `${path} is a TensorFlow Lite model, which is not read. Take the model that it was made from, ${toKeras}.`,
  '.onnx': path =>
    `${path} is an ONNX model, which is not read. Take the Keras model that it was made from, ${toKeras}.`,
  '.pt': path => `${path} is a PyTorch file, which is not read. Build the same network in Keras, ${toKeras}.`,
  '.pth': path =>
    `${path} is a PyTorch file, which is not read. Build the same network in Keras, ${toKeras}.`,
  '.safetensors': path =>
    `${path} holds weights without a topology. Build their network in Keras, ${toKeras}.`,
  '.ckpt': path =>
    `${path} is a TensorFlow checkpoint: weights without a topology. Load it in Keras, ${toKeras}.`,
  '.index': path =>
    `${path} is a TensorFlow checkpoint: weights without a topology. Load it in Keras, ${toKeras}.`,
};

/** These begin as every HDF5 file and every ZIP archive do; then the contents decide, whatever the name. */
const ownSignatures = ['\x89HDF', 'PK\x03\x04'];

/**
 * Refuses a model of a format that is known, but not read.
 * @returns undefined for anything else
 * @throws FinetuneError `bad-model`
 */
export async function refuseForeign(entry: {
  readonly path: string;
  readonly isFolder: boolean;
}): Promise<undefined> {
  const message = entry.isFolder ? await foreignFolder(entry.path) : await foreignFile(entry.path);
  if (message !== undefined) throw new FinetuneError('bad-model', message);
}

async function foreignFolder(path: string): Promise<string | undefined> {
  const names = await readdir(path);
  if (names.includes('saved_model.pb')) return savedModel(path);
  if (names.some(name => /\.json$/i.test(name))) return undefined;
  const nested = names.find(name => existsSync(join(path, name, 'saved_model.pb')));
  if (nested !== undefined) return savedModel(join(path, nested));
  const models = names.filter(name => /\.(keras|h5|hdf5)$/i.test(name));
  const found = names.length === 0 ? 'is empty' : 'holds no model.json';
  const next = models.length > 0 ? ` Did you mean ${models.map(name => join(path, name)).join(' or ')}?` : '';
  return `${path} ${found}. Expected the folder of a tfjs model, or a Keras file.${next}`;
}

async function foreignFile(path: string): Promise<string | undefined> {
  const describe = byEnding[extname(path).toLowerCase()];
  if (describe === undefined) return undefined;
  if (path.endsWith('saved_model.pb')) return savedModel(join(path, '..'));
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    await file.read(head, 0, head.length, 0);
    const isOwn = ownSignatures.includes(head.toString('latin1')) && !/\.pth?$/i.test(path);
    return isOwn ? undefined : describe(path);
  } finally {
    await file.close();
  }
}
