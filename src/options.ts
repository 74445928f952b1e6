// Every option once: its type, range, default and help. Flags and a config file resolve to one readonly value.

import { z } from 'zod';
import { FinetuneError } from './errors.js';
import {
  choice,
  flag,
  integer,
  list,
  maybe,
  number,
  numeric,
  type Option,
  type OptionTable,
  type Resolved,
  requiredText,
  sizeInPixels,
  text,
  withDefault,
} from './option-kinds.js';

const inputShape = sizeInPixels(
  "Height and width of the network's input in pixels (default: the backbone's own)",
);

const units = {
  schema: z
    .array(numeric.pipe(z.number().int().min(1).max(65536)))
    .max(8)
    .default([]),
  help: 'Units of hidden dense layers between the base and the classes, e.g. 256 or 512,128; trains by epochs',
  kind: 'list',
  expects: 'whole numbers from 1 to 65536, with commas',
} as const;

const json = flag('Print one JSON value on stdout, everything else on stderr');
const store = text('Folder of the feature store (default: in the cache directory)', 'a folder');
const model = text("A run's folder (default: the newest finished run under ./runs)", 'a folder');

const force = flag('Replace what is there');

/** Options of `finetune prepare`. */
export const prepareOptions = {
  from: text(
    'A Keras file (.keras, .h5) or the folder of a tfjs layers model of your own',
    'a file or a folder',
  ),
  name: text('Name of the backbone (default: of the network or the file)', 'a name'),
  out: text("The backbone's folder (default: ./pretrained/NAME)", 'a folder'),
  includeTop: flag('With the 1000 ImageNet classes, as NAME-top'),
  inputShape,
  cut: text('The last layer to keep; what lies above it is left out', 'the name of a layer'),
  weights: text("Keras' published weights, already on disk", 'a file'),
  url: text('Another address of the published weights', 'an http(s) address'),
  quantize: maybe(choice(['float16', 'uint8', 'uint16'], 'Store the weights in fewer bits')),
  preprocessing: maybe(
    choice(
      ['caffe', 'tf', 'torch', 'lite', 'unit', 'none'],
      "What happens to pixels, where it is not the network's own",
    ),
  ),
  force,
  json,
} as const satisfies OptionTable;

/** Options of `finetune summary`. */
export const summaryOptions = { json } as const satisfies OptionTable;

/** Options of `finetune setup`. */
export const setupOptions = {
  cuda: flag('For an NVIDIA GPU, even where none is found'),
  cpu: flag('For the processor, even where there is a GPU'),
  remove: flag('Undo it'),
  json,
} as const satisfies OptionTable;

/** Options of `finetune doctor`. */
export const doctorOptions = { json } as const satisfies OptionTable;

/** Options of `finetune train`. */
export const trainOptions = {
  data: requiredText(
    'Folder with one sub-folder of images per class, or train/ (and val/, test/) holding such folders',
    'a folder',
  ),
  backbone: withDefault(
    {
      schema: z.string().min(1),
      help: 'Pretrained network: a prepared name or a folder',
      kind: 'text',
      expects: 'a name or a folder',
    },
    'vgg16',
  ),
  out: text("The run's folder (default: ./runs/<name of the data folder>)", 'a folder'),
  force,
  inputShape,
  cut: text(
    'Layer of the backbone whose output the head gets (default: its last feature map)',
    'the name of a layer',
  ),
  resize: maybe(choice(['stretch', 'crop', 'pad'], 'How a photo becomes a rectangle (default: stretch)')),
  val: maybe(number(0, 0.9, 'Part of the images that is held out for validation (default: 0.2)')),
  test: maybe(number(0, 0.9, 'Part of the images that is held out for a final test (default: 0)')),
  pooling: withDefault(choice(['avg', 'max', 'flatten'], 'How feature maps become one vector'), 'avg'),
  headSolver: maybe(
    choice(
      ['lbfgs', 'adam'],
      'lbfgs solves a linear head to its optimum; adam trains by epochs (default: lbfgs)',
    ),
  ),
  l2: maybe(number(0, 1e6, 'L2 strength of the linear head (default: chosen by cross-validation)')),
  hidden: units,
  dropout: maybe(number(0, 0.95, 'Part of the units dropped while training by epochs (default: 0.3)')),
  epochs: maybe(integer(1, 100_000, 'Most epochs, when training by epochs (default: 100, stopping early)')),
  batchSize: maybe(integer(1, 4096, 'Images per training step, when training by epochs (default: 32)')),
  learningRate: maybe(number(1e-8, 10, 'Learning rate, when training by epochs (default: 0.001)')),
  precision: withDefault(
    choice(['auto', 'fp32', 'int8'], 'How the frozen base computes; auto measures int8 on your images'),
    'auto',
  ),
  verify: flag('Compare the int8 model with the fp32 one on every validation image, not on 32'),
  profile: flag('Print where the time went: read, decode, preprocess, base, store, head'),
  engine: withDefault(choice(['auto', 'tensorflow', 'wasm'], 'What trains the head'), 'auto'),
  seed: withDefault(integer(0, 2 ** 31 - 1, 'Drives split, order, dropout and initial weights'), 1),
  store,
  config: text('JSON file with any of these options', 'a JSON file'),
  json,
} as const satisfies OptionTable;

/** Options of `finetune predict`. */
export const predictOptions = {
  model,
  backbone: text('Use a backbone with its ImageNet top instead of a run', 'a name or a folder'),
  top: withDefault(integer(1, 1000, 'How many classes to name per image'), 5),
  json: flag('One JSON object a line: file, label, confidence, top'),
  csv: flag('Comma-separated values with a header line'),
} as const satisfies OptionTable;

/** Options of `finetune evaluate`. */
export const evaluateOptions = {
  model,
  data: requiredText('Folder with one sub-folder of images per class', 'a folder'),
  minAccuracy: maybe(number(0, 1, 'Exit 1 when the accuracy is below')),
  json,
} as const satisfies OptionTable;

/** Options of `finetune bench`. */
export const benchOptions = {
  backbone: maybe(
    list(
      z.string().min(1),
      'Pretrained networks (default: all that are prepared)',
      'names or folders, with commas',
    ),
  ),
  precision: withDefault(
    list(z.enum(['fp32', 'int8']), 'How the frozen base computes', 'fp32 or int8, or both with a comma'),
    ['fp32', 'int8'],
  ),
  batchSize: withDefault(
    list(
      numeric.pipe(z.number().int().min(1).max(256)),
      'Images that go through the base together',
      'whole numbers from 1 to 256, with commas',
    ),
    [1, 8],
  ),
  images: withDefault(
    integer(8, 10_000, 'Images that each row is timed on, in whole batches; decoding them is not timed'),
    64,
  ),
  data: text('Folder of photos to take the images from (default: generated soft waves)', 'a folder'),
  json,
} as const satisfies OptionTable;

/** The flag a user types for an option, e.g. `inputShape` -> `--input-shape`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}

/**
 * Resolves options: defaults <- config file <- flags.
 * @param given values by option name, from flags; undefined counts as not given
 * @param config values by option name or flag name, from a file, which names no other file
 * @throws FinetuneError `bad-option` naming the flag, what it expects and what it got
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>> = {},
): Resolved<Table> {
  const fromConfig = normaliseConfig(table, config);
  const entries = Object.entries(table).map(([name, option]) => {
    const value = given[name] ?? fromConfig.get(name);
    return [name, resolveOne(name, option, value)];
  });
  return Object.freeze(Object.fromEntries(entries));
}

function normaliseConfig(
  table: OptionTable,
  config: Readonly<Record<string, unknown>>,
): Map<string, unknown> {
  const known = Object.keys(table).filter(name => name !== 'config');
  const names = new Map(
    known.flatMap(name => [
      [name, name],
      [flagOf(name).slice(2), name],
    ]),
  );
  return new Map(
    Object.entries(config).map(([key, value]) => {
      const name = names.get(key);
      if (name === undefined) {
        throw new FinetuneError(
          'bad-option',
          `Unknown option "${key}" in the config file. Expected one of: ${known.join(', ')}.`,
        );
      }
      return [name, value];
    }),
  );
}

function resolveOne(name: string, option: Option, value: unknown): unknown {
  const raw = option.kind === 'list' ? splitList(value) : value;
  const result = option.schema.safeParse(raw);
  if (result.success) return result.data;
  if (value === undefined) {
    throw new FinetuneError(
      'bad-option',
      `${flagOf(name)} is missing. Expected ${option.expects}: ${option.help}.`,
    );
  }
  throw new FinetuneError(
    'bad-option',
    `${flagOf(name)} expects ${option.expects || 'no value'}. Received: ${JSON.stringify(value)}.`,
  );
}

function splitList(value: unknown): unknown {
  if (value === undefined) return undefined;
  return [value].flat().flatMap(item => (typeof item === 'string' ? item.split(',') : [item]));
}

/** Settled training options, as the library takes them. */
export type TrainOptions = Resolved<typeof trainOptions>;
export type PredictOptions = Resolved<typeof predictOptions>;
export type EvaluateOptions = Resolved<typeof evaluateOptions>;
export type BenchOptions = Resolved<typeof benchOptions>;
