// Products of matrices by ONNX Runtime, which uses the widest vectors of the processor: three times as fast as
// WebAssembly, whose vectors have 128 bits. It reads and writes the memory of the wasm backend, so that nothing is copied.

import { createRequire } from 'node:module';
import type { OnnxValue } from 'onnxruntime-node';
import { encodeModel } from '../../formats/onnx/encode.js';
import { nodeFor, type OnnxGraph, type Port } from '../../formats/onnx/graph.js';
import { importRuntime } from '../../inference/runtime.js';

const require = createRequire(import.meta.url);

/** A matrix, row-major. */
export interface Matrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Whether its transpose is what is multiplied. */
  readonly isTransposed?: boolean | undefined;
}

/** Writes the product of two matrices into a third, row-major, which must not overlap them. */
export type Gemm = (a: Matrix, b: Matrix, product: Float32Array) => void;

/** What is used of ONNX Runtime's Node addon: kernels of tfjs are synchronous, and its public interface is not. */
interface Addon {
  readonly InferenceSession: new () => AddonSession;
}

interface AddonSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: Values, fetches: Values, options: object): unknown;
}

type Values = Readonly<Record<string, OnnxValue>>;

/** @returns undefined where ONNX Runtime does not load, or this version of it offers none that is synchronous */
export async function openGemm(): Promise<Gemm | undefined> {
  const runtime = await loadRuntime();
  if (runtime === undefined) return undefined;
  const { addon, Tensor } = runtime;
  const sessions = new Map<string, AddonSession>();
  const tensor = ({ values, rows, columns }: Matrix) => new Tensor('float32', values, [rows, columns]);
  return (a, b, product) => {
    const session = sessionFor(addon, sessions, [isTransposed(a), isTransposed(b)]);
    const rows = a.isTransposed ? a.columns : a.rows;
    const columns = b.isTransposed ? b.rows : b.columns;
    session.run({ a: tensor(a), b: tensor(b) }, { output: tensor({ values: product, rows, columns }) }, {});
  };
}

interface Runtime extends Pick<Awaited<ReturnType<typeof importRuntime>>, 'Tensor'> {
  readonly addon: Addon;
}

async function loadRuntime(): Promise<Runtime | undefined> {
  try {
    const { Tensor } = await importRuntime();
    const { binding, initOrt } = require('onnxruntime-node/dist/binding.js');
    initOrt();
    return typeof binding.InferenceSession.prototype.run === 'function'
      ? { addon: binding, Tensor }
      : undefined;
  } catch {
    return undefined;
  }
}

type Transposes = readonly [a: 0 | 1, b: 0 | 1];

const isTransposed = (matrix: Matrix) => (matrix.isTransposed ? 1 : 0);

/** Opened when it is first needed. */
function sessionFor(addon: Addon, sessions: Map<string, AddonSession>, transposes: Transposes): AddonSession {
  const known = sessions.get(`${transposes}`);
  if (known !== undefined) return known;
  const session = new addon.InferenceSession();
  const { buffer, byteOffset, byteLength } = encodeModel(productGraph(transposes));
  // One thread: those of a training share the images of a batch.
  session.loadModel(buffer, byteOffset, byteLength, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  sessions.set(`${transposes}`, session);
  return session;
}

function productGraph([transA, transB]: Transposes): OnnxGraph {
  const matrix = (name: string): Port => ({
    name,
    type: 'float32',
    shape: [`${name} rows`, `${name} columns`],
  });
  const attributes = { transA: { int: transA }, transB: { int: transB } };
  return {
    name: 'product',
    nodes: [nodeFor('product', { op: 'Gemm', inputs: ['a', 'b'], attributes })],
    initializers: new Map(),
    ...{ input: matrix('a'), furtherInputs: [matrix('b')], output: matrix('product') },
    mapSizes: new Map(),
  };
}
