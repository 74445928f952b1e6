// What quantisation knows of a network's values: their ranges and means on a few images.

import { z } from 'zod';
import { FinetuneError } from '../../errors.js';
import type { Range } from './quantization.js';

export interface Calibration {
  /** How many of the first convolutions stay in float: with few channels they lose most and gain least. */
  readonly floatLayers: number;
  /** By the name of the value. */
  readonly values: ReadonlyMap<string, ValueStatistics>;
}

export interface ValueStatistics {
  readonly range: Range;
  /** Mean of every channel. */
  readonly means: readonly number[];
}

const formatVersion = 1;

const schema = z.object({
  formatVersion: z.literal(formatVersion),
  floatLayers: z.int().min(0),
  values: z.array(z.tuple([z.string(), z.tuple([z.number(), z.number()]), z.array(z.number())])),
});

/** The calibration as text, for the cache and for a run's folder. */
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
    const { floatLayers, values } = schema.parse(JSON.parse(text));
    return { floatLayers, values: new Map(values.map(([name, range, means]) => [name, { range, means }])) };
  } catch (cause) {
    throw new FinetuneError(
      'bad-model',
      'The calibration of a quantised network is damaged, or of another version of this program. ' +
        'Delete it, or train with --precision fp32.',
      { cause },
    );
  }
}
