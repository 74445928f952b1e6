// Keras' two-file form: `model.to_json()` in one file, `model.save_weights()` in another beside it.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FinetuneError } from '../../errors.js';
import { isObject, type JsonObject, parseJson, readJsonFile } from '../../system/json.js';

/** The two files of one model. */
export interface SplitModel {
  readonly weights: string;
  /** What `model.to_json()` gave. */
  readonly config: JsonObject;
}

const weightsFile = /\.(h5|hdf5)$/i;
const jsonFile = /\.json$/i;
/** In a folder of thousands of JSON files none is looked for. */
const mostCandidates = 20;

/**
 * Finds the weights of a model whose topology stands in a file of its own.
 * @param path the folder that holds both, or the file of the topology
 * @returns undefined for anything else
 * @throws FinetuneError `bad-model` where there is a topology, but not one file of weights that goes with it
 */
export async function findSplitModel(path: string, isFolder: boolean): Promise<SplitModel | undefined> {
  const folder = isFolder ? path : dirname(path);
  const names = await readdir(folder).catch((): string[] => []);
  const found = await findConfig(folder, isFolder ? names : [basename(path)]);
  if (found === undefined) return undefined;
  const [weights, ...more] = partnersOf(found.name, names, weightsFile);
  if (weights !== undefined && more.length === 0)
    return { weights: join(folder, weights), config: found.config };
  const candidates = names.filter(name => weightsFile.test(name)).join(', ');
  throw new FinetuneError(
    'bad-model',
    `${join(folder, found.name)} is the topology of a Keras model. Expected its weights beside it, in one .h5 file of the same name; ` +
      `there ${candidates === '' ? 'is none' : `are ${candidates}`}.`,
  );
}

/** The topology that lies beside a file of weights: the JSON file of the same name, else the only one. */
export async function findConfigBeside(weights: string): Promise<JsonObject | undefined> {
  const folder = dirname(weights);
  const names = await readdir(folder).catch((): string[] => []);
  return (await findConfig(folder, partnersOf(basename(weights), names, jsonFile)))?.config;
}

/** Files of the same name but for the ending, else all of that kind. */
function partnersOf(name: string, names: readonly string[], kind: RegExp): readonly string[] {
  const stem = (file: string) => file.replace(/([._]weights)?\.\w+$/i, '');
  const all = names.filter(each => kind.test(each));
  const same = all.filter(each => stem(each) === stem(name));
  return same.length > 0 ? same : all;
}

/** The first that is the config of a Keras model; anything may end in .json. */
async function findConfig(folder: string, names: readonly string[]) {
  for (const name of names.filter(each => jsonFile.test(each)).slice(0, mostCandidates)) {
    const config = await readConfig(join(folder, name)).catch(() => undefined);
    if (config !== undefined) return { name, config };
  }
  return undefined;
}

/**
 * Reads what `model.to_json()` wrote.
 * @returns undefined for JSON that is no config of a Keras model
 */
export async function readConfig(path: string): Promise<JsonObject | undefined> {
  const value = await readJsonFile(path, 'a Keras config');
  // `json.dump(model.to_json(), file)` writes it as a text within a text.
  const config = typeof value === 'string' ? parseJson(value, path) : value;
  return isObject(config) && typeof config.class_name === 'string' && config.config !== undefined
    ? config
    : undefined;
}
