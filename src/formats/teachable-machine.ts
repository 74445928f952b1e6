// Teachable Machine exports: a tfjs layers model beside a metadata.json that names the classes, or keras_model.h5 beside
// a labels.txt.

import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import type { NetworkSource } from '../network/source.js';
import type { ModelFacts } from './model-facts.js';

const largestBytes = 1024 * 1024;

const metadataSchema = v.object({
  tmVersion: v.string(),
  labels: v.pipe(v.array(v.pipe(v.string(), v.maxLength(1000))), v.nonEmpty(), v.maxLength(10_000)),
});

/**
 * What an export tells besides its topology: class names, preprocessing, and that photos are cut to a centred square.
 * @returns nothing for any other folder
 */
export async function readTeachableMachine(dir: string): Promise<ModelFacts> {
  const path = join(dir, 'metadata.json');
  const size = await stat(path).then(
    entry => entry.size,
    () => 0,
  );
  if (size === 0 || size > largestBytes) return {};
  const metadata = v.safeParse(metadataSchema, parse(await readFile(path, 'utf8')));
  if (!metadata.success) return {};
  return { classNames: metadata.output.labels, ...photoRules };
}

/** Photos are cut to a centred square, and pixels brought to -1..1. */
const photoRules: ModelFacts = {
  preprocessing: 'tf',
  resize: { method: 'crop', interpolation: 'linear', cropFraction: 1 },
};

/**
 * What a Keras export tells: a MobileNetV2 within Sequential models, in a file of a fixed name beside its classes.
 * @param classNames from labels.txt
 * @returns nothing for any other file
 */
export function factsOfKerasExport(
  path: string,
  { topology, modelNames = [] }: NetworkSource,
  classNames: readonly string[] | undefined,
): ModelFacts {
  const has = (name: string) => topology.config.layers.some(({ config }) => config.name === name);
  const isNested = modelNames.length > 2 && has('expanded_conv_depthwise');
  const isExport = classNames !== undefined && (basename(path) === 'keras_model.h5' || has('dense_Dense1'));
  return isNested && isExport ? photoRules : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
