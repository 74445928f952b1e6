// Whether a device computes what the CPU computes.

import { cosineOf, distanceOf } from './cosine.js';

/** How the outputs for several images agree with those of the CPU. */
export interface Agreement {
  /** Lowest cosine of an image's output with that of the CPU. */
  readonly cosineMin: number;
  /** Largest distance of an image's output from that of the CPU, as a part of the length of the CPU's. */
  readonly distanceMax: number;
}

/** The lowest cosine at which a device counts as agreeing with the CPU. */
const enoughAgreement = 0.9995;

/** As far as outputs of one length are apart at that cosine: the cosine alone would pass what is twice too large. */
const mostDistance = Math.sqrt(2 * (1 - enoughAgreement));

/** Compares outputs `[count, ...]`, image by image. */
export function compareOutputs(found: Float32Array, expected: Float32Array, count: number): Agreement {
  const rowOf = (values: Float32Array, i: number) => {
    const size = values.length / count;
    return values.subarray(i * size, (i + 1) * size);
  };
  const pairs = Array.from({ length: count }, (_, i) => [rowOf(found, i), rowOf(expected, i)] as const);
  return {
    cosineMin: Math.min(...pairs.map(([left, right]) => cosineOf(left, right))),
    distanceMax: Math.max(...pairs.map(([left, right]) => distanceOf(left, right))),
  };
}

/** @throws Error where the outputs are not alike; numbers that are none are not */
export function validateAgreement({ cosineMin, distanceMax }: Agreement): void {
  if (cosineMin >= enoughAgreement && distanceMax <= mostDistance) return;
  throw new Error(
    `its results differ from the CPU's: cosine ${cosineMin.toFixed(4)}, at a distance of ` +
      `${percent(distanceMax)} of their length; expected ${enoughAgreement} or more, and ${percent(mostDistance)} or less`,
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
