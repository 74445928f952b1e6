// How pixels go into a network that is being prepared: as somebody says, as its own first layers show, or as one of
// Keras' networks is known to take them, by its layers or by its name; else a guess.

import type { ModelFacts } from '../formats/model-facts.js';
import type { LayerConfig } from '../network/network.js';
import { type NetworkSource, readWeight } from '../network/source.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import {
  modeByLayers,
  type PreprocessingMode,
  preprocessingModes,
  resolvePreprocessing,
  validateMode,
} from './preprocessing.js';

/** What is known of a network's pixels. */
export interface PixelFacts {
  /** The entry of a network from the catalogue. */
  readonly entry?: CatalogueEntry | undefined;
  /** What lay beside the network. */
  readonly files?: ModelFacts | undefined;
  /** A mode of `preprocessingModes` that the user asked for. */
  readonly preprocessing?: string | undefined;
}

/** How pixels go in, and what the user should know about it. */
export interface PreprocessingChoice {
  readonly mode: PreprocessingMode;
  readonly note?: string;
}

/**
 * First what is said, then what the network's first layers show, then whose layers it has, or whose name, which people
 * give to what they please; else a guess.
 * @throws FinetuneError `bad-option` for an unknown mode
 */
export function choosePreprocessing(network: NetworkSource, facts: PixelFacts): PreprocessingChoice {
  const { entry, files, preprocessing } = facts;
  const said = preprocessing ?? entry?.preprocessing ?? files?.preprocessing;
  const inside = pixelRangeInside(network);
  if (said === undefined) return findMode(network, inside);
  const mode = validateMode(said);
  const isContradicted = preprocessing !== undefined && inside !== undefined && inside !== mode;
  return isContradicted ? { mode, note: contradiction(mode, inside) } : { mode };
}

function findMode(network: NetworkSource, inside: PixelRange | undefined): PreprocessingChoice {
  const { layers } = network.topology.config;
  const known = inside ?? modeByLayers(new Set(layers.map(({ config }) => config.name)));
  if (known !== undefined) return { mode: known };
  return modeByName(network) ?? { mode: 'unit', note: guessNote(network) };
}

function guessNote({ topology }: NetworkSource): string {
  return `Nothing tells which pixels "${topology.config.name}" takes: they are divided by 255, which is a guess. ${remedy}`;
}

const remedy =
  `If it was trained otherwise, say --preprocessing ${Object.keys(preprocessingModes).join('|')}, ` +
  'or let photos of its own classes decide: --check DIR.';

function contradiction(asked: PreprocessingMode, inside: PixelRange): string {
  const range = { none: '0..255', unit: '0..1', tf: '-1..1' }[inside];
  return (
    `The network's own first layers show that it takes pixels ${range}: with --preprocessing ${asked} they are scaled twice. ` +
    `Leave --preprocessing out, or say --preprocessing ${inside}.`
  );
}

/** By the name of the outermost model, or of one in it. */
function modeByName({ topology, modelNames = [] }: NetworkSource): PreprocessingChoice | undefined {
  for (const name of [topology.config.name, ...modelNames]) {
    const mode = resolvePreprocessing(name);
    const note = `Pixels are prepared by the name "${name}" alone: ${mode}, as for Keras' networks of that name. ${remedy}`;
    if (mode !== undefined) return { mode, note };
  }
  return undefined;
}

/** By the modes of `preprocessingModes`: `none` is 0..255, `unit` 0..1, `tf` -1..1. */
type PixelRange = 'none' | 'unit' | 'tf';

/** `x * scale + offset` for one channel. */
interface Affine {
  readonly scale: number;
  readonly offset: number;
}

/**
 * The range that a network's own rescaling takes: what it subtracts and divides by before the first kernel shows it.
 * @returns undefined where it has none before its first kernel, or one that would go with any range
 */
function pixelRangeInside(network: Pick<NetworkSource, 'topology' | 'weights'>): PixelRange | undefined {
  const { layers } = network.topology.config;
  const end = layers.findIndex(isLearnt);
  const steps = layers.slice(0, end < 0 ? layers.length : end).map(layer => affineOf(layer, network));
  const channels = composed(steps.filter(step => step !== undefined));
  if (channels === undefined) return undefined;
  // What comes out is 0 at the middle of what goes in, and 1 at a deviation from there.
  const middle = mean(channels.map(({ scale, offset }) => -offset / scale));
  const deviation = mean(channels.map(({ scale }) => 1 / Math.abs(scale)));
  if (Math.max(Math.abs(middle), deviation) > 10) return 'none';
  if (middle > 0.2 || deviation < 0.05) return 'unit';
  return Math.abs(middle) <= 0.2 && deviation < 0.9 ? 'tf' : undefined;
}

/** Kernels, and batch normalizations whose statistics are those of training: they say nothing of pixels. */
function isLearnt({ class_name: className, config }: LayerConfig): boolean {
  if (className === 'BatchNormalization') return !isFixed(config);
  // A frozen Dense is the matrix of a resize.
  return className.includes('Conv') || (className === 'Dense' && config.trainable !== false);
}

/** A Normalization becomes a frozen batch normalization without an epsilon, for tfjs has no such layer. */
function isFixed({ trainable, epsilon }: LayerConfig['config']): boolean {
  return trainable === false && epsilon === 0;
}

function affineOf(
  { class_name: className, config }: LayerConfig,
  { weights }: Pick<NetworkSource, 'weights'>,
): readonly Affine[] | undefined {
  if (className === 'Rescaling') return [{ scale: Number(config.scale), offset: Number(config.offset ?? 0) }];
  if (className !== 'BatchNormalization') return undefined;
  const values = (variable: string) => {
    const source = weights.find(({ name }) => name === `${config.name}/${variable}`);
    return source && readWeight(source).data;
  };
  const [gamma, beta, means] = [values('gamma'), values('beta'), values('moving_mean')];
  const variances = values('moving_variance');
  return Array.from(variances ?? [], (variance, i) => {
    const scale = (gamma?.[i] ?? 1) / Math.sqrt(variance);
    return { scale, offset: (beta?.[i] ?? 0) - (means?.[i] ?? 0) * scale };
  });
}

/** Steps one after another; one that is the same for all channels goes with those that are not. */
function composed(steps: readonly (readonly Affine[])[]): readonly Affine[] | undefined {
  const size = Math.max(...steps.map(({ length }) => length));
  if (steps.length === 0 || size < 1) return undefined;
  const channels = Array.from({ length: size }, (_, channel) =>
    steps.reduce(
      (before, step) => {
        const { scale, offset } = step[channel] ?? step[0] ?? { scale: 1, offset: 0 };
        return { scale: before.scale * scale, offset: before.offset * scale + offset };
      },
      { scale: 1, offset: 0 },
    ),
  );
  return channels.every(({ scale, offset }) => scale !== 0 && Number.isFinite(scale + offset))
    ? channels
    : undefined;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
