// Weights of a convolution as int8, with a scale per output channel, and a bias that makes up for what rounding shifts.

import { hasMatrixTiles } from '../../system/processors.js';
import type { ConvolutionInput } from './plan.js';

/** The weights of a convolution in float, and what they meet. */
export interface ConvolutionWeights {
  /** `[outputs, inputs / groups, positions]` */
  readonly kernel: Float32Array;
  readonly outputs: number;
  readonly groups: number;
  /** Height times width of the kernel. */
  readonly positions: number;
  readonly bias: Float32Array | undefined;
  /** The uint8 input. */
  readonly input: ConvolutionInput;
}

/** The same weights as integers. */
export interface QuantizedKernel {
  readonly kernel: Int8Array;
  /** The int8 number that stands for zero, the same in all channels. */
  readonly zeroPoint: number;
  /** Per output channel. */
  readonly scales: Float32Array;
  /** In units of `scales * input.scale`. */
  readonly bias: Int32Array;
}

/** A quarter of what the 32 bits of a sum hold is left to the bias. */
const largestBias = 2 ** 29;

/**
 * Quantizes a kernel. Rounding makes the weights of a channel a little too large or too small altogether, which shifts
 * all that it computes: the mean shift, `sum of errors * mean input`, is taken off the bias. On MobileNetV2 that is what
 * makes int8 good enough: features' cosine with float .997 instead of .987.
 */
export function quantizeKernel(weights: ConvolutionWeights): QuantizedKernel {
  const { kernel, outputs, groups, positions, input: read } = weights;
  const zeroPoint = zeroPointFor(weights);
  const largest = 127 - zeroPoint;
  const run = kernel.length / outputs;
  const inputs = run / positions;
  // An image's fourth channel is all zeros and has no mean.
  const allMeans = Float64Array.from({ length: inputs * groups }, (_, input) => read.means[input] ?? 0);
  const quantized = new Int8Array(kernel.length);
  const scales = new Float32Array(outputs);
  const bias = new Int32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const given = weights.bias?.[output] ?? 0;
    const row = kernel.subarray(output * run, (output + 1) * run);
    const scale = Math.fround(
      Math.max(largestOf(row) / largest, Math.abs(given) / read.scale / largestBias, 1e-30),
    );
    scales[output] = scale;
    const target = quantized.subarray(output * run, (output + 1) * run);
    const firstInput = Math.floor((output * groups) / outputs) * inputs;
    const means = allMeans.subarray(firstInput, firstInput + inputs);
    const shift = roundRow(row, target, { scale, zeroPoint, means });
    bias[output] = Math.round((given - shift) / (scale * read.scale));
  }
  return { kernel: quantized, zeroPoint, scales, bias };
}

/**
 * With a zero point of zero, ONNX Runtime convolves directly; with any other it goes through a matrix product, and only
 * that one uses a processor's matrix tiles (AMX). On long sums these are twice as fast as the direct way, on short ones
 * they are slower: all of VGG16 takes 37 ms instead of 52.
 */
function zeroPointFor({ kernel, outputs }: ConvolutionWeights): 0 | 1 {
  return kernel.length / outputs >= shortestTiledSum && hasMatrixTiles() ? 1 : 0;
}

/** Products per sum from which on the tiles win. */
const shortestTiledSum = 640;

function largestOf(row: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i]!));
  return largest;
}

interface RowRounding {
  readonly scale: number;
  readonly zeroPoint: number;
  /** The means of the inputs that the row weighs. */
  readonly means: Float64Array;
}

/**
 * Writes the int8 numbers of an output's weights.
 * @returns by how much rounding moves the output's mean
 */
function roundRow(row: Float32Array, target: Int8Array, { scale, zeroPoint, means }: RowRounding): number {
  const positions = row.length / means.length;
  let shift = 0;
  let i = 0;
  for (const mean of means) {
    let error = 0;
    for (let end = i + positions; i < end; i++) {
      // Four times as fast as Math.round. The scale keeps it between -largest and largest.
      const value = row[i]!;
      const rounded = Math.floor(value / scale + 0.5);
      target[i] = rounded + zeroPoint;
      error += rounded * scale - value;
    }
    shift += error * mean;
  }
  return shift;
}
