// How a network's values become uint8: the scale and zero point of each, from ranges that calibration has seen.

import * as v from 'valibot';
import { FinetuneError } from '../../errors.js';

/** How uint8 numbers stand for real ones: `value = (q - zeroPoint) * scale`, q in 0..255. */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The smallest and the largest value of a tensor. */
export type Range = readonly [min: number, max: number];

/** What quantization knows of a network's values: their ranges and means on a few images. */
export interface Calibration {
  /** How many of the first convolutions stay in float: with few channels they lose most and gain least. */
  readonly floatLayers: number;
  /** By the name of the value. */
  readonly values: ReadonlyMap<string, ValueStatistics>;
}

/** What calibration has seen of one value. */
export interface ValueStatistics {
  readonly range: Range;
  /** Mean of every channel. */
  readonly means: readonly number[];
}

/** The finest quantization to uint8 that covers `range` and has an exact zero, as padding needs it. */
export function quantizationOf([min, max]: Range): Quantization {
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  // A tensor that is zero throughout may have any scale but zero.
  const scale = Math.fround(high === low ? 1 : (high - low) / 255);
  return { scale, zeroPoint: Math.round(Math.abs(low) / scale) };
}

const formatVersion = 1;

const finite = v.pipe(v.number(), v.finite());

const schema = v.object({
  formatVersion: v.literal(formatVersion),
  floatLayers: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  values: v.array(v.strictTuple([v.string(), v.strictTuple([finite, finite]), v.array(finite)])),
});

/** The calibration as text, for the cache. */
export function renderCalibration({ floatLayers, values }: Calibration): string {
  const list = [...values].map(([name, { range, means }]) => [name, range, means]);
  return JSON.stringify({ formatVersion, floatLayers, values: list });
}

/**
 * Reads what `renderCalibration` wrote.
 * @throws FinetuneError `bad-model`
 */
export function parseCalibration(text: string): Calibration {
  try {
    const { floatLayers, values } = v.parse(schema, JSON.parse(text));
    return { floatLayers, values: new Map(values.map(([name, range, means]) => [name, { range, means }])) };
  } catch (cause) {
    throw new FinetuneError(
      'bad-model',
      'The calibration of a quantized network is damaged, or of another version of this program. ' +
        'Delete it, or train with --precision fp32.',
      { cause },
    );
  }
}
