// The fp32 model, which browsers run, against the int8 model, which this program runs, on validation images.

import type { Base } from '../features/base.js';
import { asExamples, isBad, predictImages, type ViewedExample } from '../features/run-images.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { withSession } from '../inference/temporary-model.js';
import type { Context } from '../system/context.js';
import { joinArrays } from '../system/join-arrays.js';
import { dataInMemory, type TrainingData } from '../training/data.js';
import type { Fit } from '../training/fit.js';
import { predictLabels } from '../training/metrics.js';

/** How the two saved models of a run compare. */
export interface Agreement {
  /** How many were compared. */
  readonly images: number;
  /** Images to which both give the same class. */
  readonly same: number;
  /** Largest difference of a class's probability. */
  readonly largestDifference: number;
}

const defaultImages = 32;

/**
 * Features of validation images from the base in fp32, with direct convolutions, as browsers compute them: of the first
 * 32, or of all. Before the head is trained, because afterwards there is more in memory.
 * @returns in the images' order; nothing for an image that was taken away meanwhile
 */
export async function computeFloatFeatures(
  { network, rules }: Base,
  images: readonly ViewedExample[],
  { all, context }: { readonly all: boolean; readonly context: Context },
): Promise<(Float32Array | undefined)[]> {
  const { emit, signal } = context;
  const chosen = all ? images : images.slice(0, defaultImages);
  return withSession(compileGraph(network), {}, async session => {
    const rows: (Float32Array | undefined)[] = [];
    for await (const { outcome } of predictImages(session, chosen, { ...asExamples, rules, signal })) {
      rows.push(isBad(outcome) ? undefined : outcome);
      emit({ type: 'verify', done: rows.length, total: chosen.length });
    }
    return rows;
  });
}

/**
 * Compares what the fit predicts from features of both kinds.
 * @param inFloat of the first validation images, as `computeFloatFeatures` gives them
 * @param inInt8 of all validation images, in the same order
 */
export async function comparePredictions(
  { predict }: Pick<Fit, 'predict'>,
  inFloat: readonly (Float32Array | undefined)[],
  inInt8: TrainingData,
): Promise<Agreement> {
  const { labels, shape } = inInt8;
  const floats = inFloat.flatMap((features, row) => (features === undefined ? [] : [{ features, row }]));
  const rows = floats.map(({ row }) => row);
  const chosen = labels.slice(0, rows.length);
  const expected = await predict(
    dataInMemory(joinArrays(floats.map(({ features }) => features)), chosen, shape),
  );
  const predicted = await predict(dataInMemory(await inInt8.read(rows), chosen, shape));
  const expectedLabels = predictLabels(expected, rows.length);
  const predictedLabels = predictLabels(predicted, rows.length);
  return {
    images: rows.length,
    same: expectedLabels.filter((label, i) => label === predictedLabels[i]).length,
    largestDifference: largestDifference(expected, predicted),
  };
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
}
