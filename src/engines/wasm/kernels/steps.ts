// Kernels built from kernels: runs those of the wasm backend on each other's results and frees what lies between.

import type {
  KernelBackend,
  KernelFunc,
  NamedAttrMap,
  NamedTensorInfoMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import { attributesOf } from '../../attributes.js';
import { tf } from '../../tfjs.js';
import type { Gemm, Matrix } from '../gemm.js';

/** What this folder uses of tfjs' wasm backend beyond the public interface. */
export interface WasmBackend extends KernelBackend {
  /** A tensor of undefined contents. */
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
  /** The tensor's memory itself, valid until the next allocation. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
}

/** Sums of fewer products are the backend's own: there ONNX Runtime is no faster. */
const fewestSummed = 32;

let gemm: Gemm | undefined;

/** Has large products of matrices computed by `fast` from now on. */
export function multiplyBy(fast: Gemm | undefined): void {
  gemm = fast;
}

/** What replaces a kernel of the backend, or stands where it has none. */
export type Replacement = (original: KernelFunc | undefined) => KernelFunc;

/** What a kernel is called with, beside its inputs. */
export interface KernelCall<Attrs> {
  readonly attrs: Attrs;
  /** The backend's own result, for what it computes well. */
  original(): TensorInfo;
}

/**
 * A kernel out of steps: everything that `compute` makes is freed, except its result.
 * @param compute gets the inputs by their names in tfjs
 */
export function kernelOf<Input extends string, Attrs extends object>(
  compute: (steps: Steps, inputs: Readonly<Record<Input, TensorInfo>>, call: KernelCall<Attrs>) => TensorInfo,
): Replacement {
  return kernel => call => {
    const original = (): TensorInfo => {
      if (kernel === undefined) throw new Error('The wasm backend has no such kernel.');
      return kernel(call) as TensorInfo;
    };
    // Which inputs a kernel gets is laid down with its name, as its attributes are.
    const inputs = call.inputs as Record<Input, TensorInfo>;
    const attrs = attributesOf<Attrs>(call.attrs);
    return runSteps(call.backend, steps => compute(steps, inputs, { attrs, original }));
  };
}

/**
 * Runs `compute` and frees all that it made except its result.
 * @returns what `compute` returned; the caller owns it
 */
export function runSteps(backend: object, compute: (steps: Steps) => TensorInfo): TensorInfo {
  const steps = new Steps(backend as WasmBackend);
  let result: TensorInfo | undefined;
  try {
    result = compute(steps);
    return result;
  } finally {
    steps.free(result);
  }
}

/** One method per kernel in use; each result is freed at the end of `runSteps`. */
export class Steps {
  readonly #made: TensorInfo[] = [];

  constructor(readonly backend: WasmBackend) {}

  reshape(x: TensorInfo, shape: number[]): TensorInfo {
    return this.#run('Reshape', { x }, { shape });
  }

  transpose(x: TensorInfo, perm: number[]): TensorInfo {
    return this.#run('Transpose', { x }, { perm });
  }

  reverse(x: TensorInfo, dims: number[]): TensorInfo {
    return this.#run('Reverse', { x }, { dims });
  }

  concat(parts: TensorInfo[], axis: number): TensorInfo {
    return this.#run('Concat', parts as unknown as NamedTensorInfoMap, { axis });
  }

  add(a: TensorInfo, b: TensorInfo): TensorInfo {
    return this.#run('Add', { a, b });
  }

  multiply(a: TensorInfo, b: TensorInfo): TensorInfo {
    return this.#run('Multiply', { a, b });
  }

  /** `[batch, height, width, channels]` -> the mean of all pixels, `[batch, 1, 1, channels]`. */
  pixelMean(x: TensorInfo): TensorInfo {
    const filterSize = x.shape.slice(1, 3);
    return this.#run('AvgPool', { x }, { filterSize, strides: [1, 1], pad: 'valid' });
  }

  sum(x: TensorInfo, axis: number[]): TensorInfo {
    return this.#run('Sum', { x }, { axis, keepDims: false });
  }

  fill(shape: number[], value: number): TensorInfo {
    return this.#run('Fill', {}, { shape, value, dtype: 'float32' });
  }

  /**
   * `[rows, inner]` by `[inner, columns]`: the fast path of the backend, which has no batches and no transposes.
   * By the fused kernel, because the plain one is built on this.
   */
  product(a: TensorInfo, b: TensorInfo): TensorInfo {
    const batchOf = (x: TensorInfo) => this.reshape(x, [1, ...x.shape]);
    const attrs = { transposeA: false, transposeB: false, activation: 'linear' };
    const product = this.#run('_FusedMatMul', { a: batchOf(a), b: batchOf(b) }, attrs);
    return this.reshape(product, product.shape.slice(1));
  }

  /** What computes products whose every number is the sum of so many; undefined where that is `product`. */
  gemmFor(summed: number): Gemm | undefined {
    return summed >= fewestSummed ? gemm : undefined;
  }

  /** The memory of a matrix, valid until the next allocation. */
  matrix(x: TensorInfo, isTransposed = false): Matrix {
    const [rows, columns] = matrixShape(x);
    return { values: this.view(x), rows, columns, isTransposed };
  }

  /** `relu` and the like, by the name of their kernel. */
  activate(x: TensorInfo, kernelName: string): TensorInfo {
    return this.#run(kernelName, { x });
  }

  /** Stride 1, no padding. */
  convolve(x: TensorInfo, filter: TensorInfo): TensorInfo {
    return this.#run('Conv2D', { x, filter }, { ...plainConvolution, dilations: [1, 1] });
  }

  /** The same with a filter `[height, width, channels, 1]` of its own for each channel. */
  convolveDepthwise(x: TensorInfo, filter: TensorInfo, dilations: readonly number[]): TensorInfo {
    return this.#run('DepthwiseConv2dNative', { x, filter }, { ...plainConvolution, dilations });
  }

  /** A new tensor of undefined contents. */
  make(shape: number[]): TensorInfo {
    return this.keep(this.backend.makeOutput(shape, 'float32'));
  }

  /** A new tensor whose contents `fill` writes, given what `source` holds. No kernel may run inside. */
  write(
    shape: number[],
    source: TensorInfo,
    fill: (target: Float32Array, source: Float32Array) => void,
  ): TensorInfo {
    const target = this.make(shape);
    // Views are taken after the allocation: it may move the whole memory.
    if (tf.util.sizeFromShape(shape) > 0) fill(this.view(target), this.view(source));
    return target;
  }

  /** A tensor's memory itself, valid until the next allocation. */
  view(x: TensorInfo): Float32Array {
    return this.backend.typedArrayFromHeap(x);
  }

  /** The same tensor under another name. */
  share({ dataId, shape, dtype }: TensorInfo): TensorInfo {
    this.backend.incRef(dataId);
    return this.keep({ dataId, shape, dtype });
  }

  /** The rows `first` ... `first + count - 1` of a matrix. The backend's own slice copies the whole tensor first. */
  rows(x: TensorInfo, first: number, count: number): TensorInfo {
    const [, width] = matrixShape(x);
    return this.write([count, width], x, (target, source) => {
      target.set(source.subarray(first * width, (first + count) * width));
    });
  }

  /** Adds up what `part` makes of each of some, at least one, holding one at a time. */
  sumOf<Each>(some: readonly Each[], part: (steps: Steps, each: Each) => TensorInfo): TensorInfo {
    let total: TensorInfo | undefined;
    for (const each of some) {
      const before = total;
      total = runSteps(this.backend, steps => {
        const next = part(steps, each);
        return before === undefined ? next : steps.add(steps.keep(before), next);
      });
    }
    if (total === undefined) throw new Error('Expected something to add up.');
    return this.keep(total);
  }

  /** Takes over a tensor that was made elsewhere. */
  keep(tensor: TensorInfo): TensorInfo {
    this.#made.push(tensor);
    return tensor;
  }

  /** Frees all but one. */
  free(except: TensorInfo | undefined): void {
    for (const each of this.#made) {
      if (each !== except) this.backend.disposeData(each.dataId);
    }
  }

  #run(name: string, inputs: NamedTensorInfoMap, attrs: object = {}): TensorInfo {
    const kernel = tf.getKernel(name, 'wasm');
    if (kernel === null) throw new Error(`The wasm backend has no kernel ${name}`);
    const { backend } = this;
    return this.keep(kernel.kernelFunc({ inputs, backend, attrs: attrs as NamedAttrMap }) as TensorInfo);
  }
}

const plainConvolution = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC' };

/** Rows and columns: the last two dimensions. */
export function matrixShape({ shape }: TensorInfo): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) throw new Error('Expected a matrix.');
  return [rows, columns];
}
