// The fp32 model, which browsers run, against the int8 model, which this program runs, on validation images.

import type { Example } from '../data/data-set.js';
import type { EmitEvent } from '../events.js';
import type { Base } from '../features/base.js';
import { readInputs } from '../features/read-inputs.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { withSession } from '../inference/temporary-session.js';
import { type HeadWeights, predictHead } from '../training/head.js';
import type { LabelledFeatures } from '../training/labelled-features.js';

export interface Agreement {
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
  images: readonly Example[],
  { all, emit }: { readonly all: boolean; readonly emit: EmitEvent },
): Promise<(Float32Array | undefined)[]> {
  const chosen = all ? images : images.slice(0, defaultImages);
  return withSession(compileGraph(network), {}, async session => {
    const rows: (Float32Array | undefined)[] = [];
    for await (const image of readInputs(chosen, rules)) {
      rows.push(image && (await session.run(image.input, image.shape)).data);
      emit({ type: 'verify', done: rows.length, total: chosen.length });
    }
    return rows;
  });
}

/**
 * Compares what the head answers on features of both kinds.
 * @param inFloat of the first validation images, as `computeFloatFeatures` gives them
 * @param inBytes of all validation images, in the same order
 */
export function compareAnswers(
  head: HeadWeights,
  inFloat: readonly (Float32Array | undefined)[],
  inBytes: LabelledFeatures,
): Agreement {
  const { features, size } = inBytes;
  const answers = inFloat.flatMap((floats, row) => {
    if (floats === undefined) return [];
    const bytes = features.subarray(row * size, (row + 1) * size);
    return [{ expected: predictHead(head, floats), answered: predictHead(head, bytes) }];
  });
  const same = answers.filter(
    ({ expected, answered }) => indexOfLargest(expected) === indexOfLargest(answered),
  );
  const differences = answers.map(({ expected, answered }) => largestDifference(expected, answered));
  return {
    images: answers.length,
    same: same.length,
    largestDifference: differences.reduce((most, each) => Math.max(most, each), 0),
  };
}

function indexOfLargest(values: Float32Array): number {
  return values.indexOf(Math.max(...values));
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  return Math.max(...left.map((value, i) => Math.abs(value - right[i]!)));
}
