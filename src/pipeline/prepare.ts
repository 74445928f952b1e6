// prepare: a Keras file, a published network or a tfjs model becomes pretrained/NAME/. Emits events, prints nothing.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Card } from '../backbones/card.js';
import { saveCard } from '../backbones/card.js';
import { planCard } from '../backbones/plan-card.js';
import { preprocessingFor } from '../backbones/preprocessing.js';
import { proveBackbone } from '../backbones/prove-backbone.js';
import { resolveBackbone } from '../backbones/resolve.js';
import { findSource, type PrepareSource } from '../backbones/source.js';
import { refuseOption } from '../errors.js';
import { type FeatureChange, measureFeatureChange } from '../features/feature-change.js';
import { checkPreprocessing } from '../features/preprocessing-check.js';
import { readClassNames } from '../formats/class-names.js';
import type { OpenModel } from '../formats/open.js';
import { loadLayersModel, writeLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { withProbabilities } from '../network/class-outputs.js';
import { shapeSource } from '../network/shape-source.js';
import { readNetwork, withClosing } from '../network/source.js';
import { choice, flag, maybe, type OptionTable, type Resolved, text } from '../option-kinds.js';
import {
  type Replacement,
  validatePlace,
  validateReplaceable,
  writeFolderAtomically,
} from '../system/atomic-folder.js';
import type { Context } from '../system/context.js';
import { force, inputShape } from './common-options.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `prepare`. */
export const prepareOptions = {
  name: maybe(text('A published network (default: vgg16); with --from, the name of the backbone', 'a name')),
  from: maybe(
    text('A Keras file (.keras, .h5) or the folder of a tfjs model of your own', 'a file or a folder'),
  ),
  out: maybe(text("The backbone's folder (default: ./pretrained/NAME)", 'a folder')),
  includeTop: flag('With the 1000 ImageNet classes, as NAME-top'),
  inputShape,
  cut: maybe(text('The last layer to keep; what lies above it is left out', 'the name of a layer')),
  weights: maybe(text("Keras' published weights, already on disk", 'a file')),
  url: maybe(text('Another address of the published weights', 'an http(s) address')),
  quantize: maybe(choice(['float16', 'uint8', 'uint16'], 'Store the weights in fewer bits')),
  preprocessing: maybe(
    choice(
      ['caffe', 'tf', 'torch', 'lite', 'unit', 'none'],
      "What happens to pixels, where it is not the network's own",
    ),
  ),
  classNames: maybe(
    text(
      "Names of the network's classes, in the order of its outputs: a file with one per line, or a,b,c",
      'a file or a list',
    ),
  ),
  check: maybe(
    text(
      'Labelled photos of its own classes: the preprocessing that classifies them best is taken',
      'a folder',
    ),
  ),
  force,
} as const satisfies OptionTable;

/** What `prepare` takes. */
export type PrepareOptions = OptionsOf<typeof prepareOptions>;

type Settled = Resolved<typeof prepareOptions>;

/** A prepared backbone. */
export interface Prepared {
  /** Absolute. */
  readonly dir: string;
  readonly card: Card;
  /** The size of the stored weights; undefined where the backbone had been prepared before. */
  readonly bytes: number | undefined;
  /** What that did to the features, where the weights were quantized. */
  readonly change?: FeatureChange;
}

/**
 * Prepares a backbone: its folder appears complete or not at all. A catalogue network that is there already is left as
 * it is; any other folder that is there is refused without `force`.
 * @throws FinetuneError `bad-option`, `not-found`, `download-failed`, `bad-model`, `bad-weights`, `unsupported-layer`
 * @example await prepare({ name: 'mobilenet_v2', inputShape: [160, 160] });
 * @example await prepare({ from: 'my-model.keras', name: 'mine' });
 */
export const prepare = verb(prepareOptions, async (options, context): Promise<Prepared> => {
  validateOptions(options);
  const source = await findSource(options);
  const dir = resolve(options.out ?? join('pretrained', source.name));
  if (existsSync(dir) && !options.force) return await keepExisting(dir, source);
  if (options.force) await validateReplaceable(dir, replacementOf(options));
  else validatePlace(dir, replacementOf(options).inputs);
  context.emit({ type: 'prepare', name: source.name, source: source.origin });
  return await withClosing(await source.open(context), model =>
    convert({ network: { ...model, ...shapeSource(model, options) }, source, dir, options }, context),
  );
});

/** What cannot be is said before anything is downloaded. */
function validateOptions({ from, includeTop, check, classNames, preprocessing }: Settled): void {
  if (check !== undefined && preprocessing !== undefined)
    refuseOption('--check finds the preprocessing: leave --preprocessing out.');
  if (from !== undefined || includeTop || (check ?? classNames) === undefined) return;
  refuseOption(
    `${check === undefined ? '--class-names' : '--check'} is about a network's classes, which a published one has with --include-top.`,
  );
}

function replacementOf({ from, weights }: Settled): Replacement {
  return { prove: proveBackbone, inputs: { '--from': from, '--weights': weights } };
}

async function keepExisting(dir: string, source: PrepareSource): Promise<Prepared> {
  const existing = await resolveBackbone(dir).catch(() => undefined);
  if (source.entry !== undefined && existing?.card.name === source.name) {
    return { ...existing, bytes: undefined };
  }
  refuseToReplace(dir);
}

function refuseToReplace(dir: string): never {
  refuseOption(`${dir} exists already. Choose another --name or --out, or say --force to replace it.`);
}

interface Conversion {
  readonly network: OpenModel;
  readonly source: PrepareSource;
  /** Where the backbone goes; absolute. */
  readonly dir: string;
  readonly options: Settled;
}

async function convert(conversion: Conversion, context: Context): Promise<Prepared> {
  const { emit, signal } = context;
  const { network: opened, source, dir, options } = conversion;
  const { quantize, force, preprocessing, cut, classNames } = options;
  const { card: planned, notes } = planCard(opened, {
    ...source,
    files: opened.facts,
    preprocessing,
    cut,
    classNames: classNames === undefined ? undefined : await readClassNames(classNames),
  });
  const network = planned.classNames === undefined ? opened : withProbabilities(opened);
  const checked = await check({ network, card: planned }, options, context);
  const warnings = checked.isChecked ? network.notes : [...network.notes, ...notes];
  for (const message of warnings) emit({ type: 'warning', message });
  const written = await writeFolderAtomically(
    dir,
    { replacement: force ? replacementOf(options) : undefined, whenTaken: () => refuseToReplace(dir) },
    async (temporary): Promise<Omit<Prepared, 'dir'>> => {
      const { sha256, bytes } = await writeLayersModel(temporary, network, { quantize });
      signal.throwIfAborted();
      const card: Card = { ...checked.card, sha256 };
      await saveCard(temporary, card);
      if (quantize === undefined) return { card, bytes };
      emit({ type: 'compare', storedAs: quantize });
      const change = await measureFeatureChange(readNetwork(network), await loadLayersModel(temporary), card);
      signal.throwIfAborted();
      return { card, bytes, change };
    },
  );
  return { dir: written.dir, ...written.written };
}

type Unsaved = Omit<Card, 'sha256'>;

/** With `check`, the preprocessing is the one that classifies labelled photos best. */
async function check(
  { network, card }: { readonly network: OpenModel; readonly card: Unsaved },
  { check: dir }: Settled,
  context: Context,
): Promise<{ readonly card: Unsaved; readonly isChecked: boolean }> {
  if (dir === undefined) return { card, isChecked: false };
  const { images, trials } = await checkPreprocessing({ network: readNetwork(network), card }, dir, context);
  const [best] = trials;
  const figures = trials.map(({ mode, accuracy }) => `${mode} ${(100 * accuracy).toFixed(1)} %`).join(', ');
  context.emit({
    type: 'notice',
    message: `Preprocessing ${best.mode} classifies ${images} photos of ${dir} best, and is taken: ${figures}.`,
  });
  return {
    card: { ...card, preprocessing: preprocessingFor(best.mode, card.inputShape[2]) },
    isChecked: true,
  };
}
