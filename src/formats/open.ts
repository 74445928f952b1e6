// One door for models of the user's own: what a file or folder is decides which format reads it.

import { stat } from 'node:fs/promises';
import { FinetuneError } from '../errors.js';
import { networkSourceOf, type OpenNetwork } from '../network/source.js';
import { readLabelsBeside } from './class-names.js';
import { openKerasFile } from './keras/keras-file.js';
import type { ModelFacts } from './model-facts.js';
import { readTeachableMachine } from './teachable-machine.js';
import { isGraphModel } from './tfjs-graph/graph.js';
import { readGraphModel } from './tfjs-graph/open.js';
import { openLayersModel } from './tfjs-layers/layers-model.js';

/** A model that is open, with what lies beside it. Close it after use. */
export interface OpenModel extends OpenNetwork {
  readonly facts: ModelFacts;
}

/** A format that can be read: a new one is a row in the table and a folder. */
interface Format {
  readonly recognizes: (entry: Entry) => boolean | Promise<boolean>;
  readonly open: (path: string) => Promise<OpenNetwork>;
}

interface Entry {
  readonly path: string;
  readonly isFolder: boolean;
}

/** The first that recognizes what is there reads it. */
const formats: readonly Format[] = [
  { recognizes: ({ isFolder }) => !isFolder, open: openKerasFile },
  {
    recognizes: ({ path }) => isGraphModel(path),
    open: async path => withoutFile(networkSourceOf(await readGraphModel(path))),
  },
  { recognizes: ({ isFolder }) => isFolder, open: async path => withoutFile(await openLayersModel(path)) },
];

/** Its shards are opened only while they are read. */
function withoutFile<Source extends object>(source: Source) {
  return { ...source, close: async () => undefined };
}

/**
 * Opens a model: a file that Keras saved, or the folder of a tfjs model.
 * @throws FinetuneError `not-found`; `bad-model` | `bad-weights` | `unsupported-layer` saying what is wrong with it
 */
export async function openModel(path: string): Promise<OpenModel> {
  const entry = await stat(path).catch((cause: unknown) => {
    throw new FinetuneError(
      'not-found',
      `${path} is not there. Expected a Keras file or the folder of a tfjs model.`,
      { cause },
    );
  });
  const isFolder = entry.isDirectory();
  for (const { recognizes, open } of formats) {
    if (!(await recognizes({ path, isFolder }))) continue;
    return { ...(await open(path)), facts: await readFacts(path, isFolder) };
  }
  throw new FinetuneError(
    'bad-model',
    `${path} is no model. Expected a Keras file or the folder of a tfjs model.`,
  );
}

async function readFacts(path: string, isFolder: boolean): Promise<ModelFacts> {
  const exported = isFolder ? await readTeachableMachine(path) : {};
  return { classNames: await readLabelsBeside(path, isFolder), ...exported };
}
