// What of tfjs-node's backend the kernels of this folder take: operations of TensorFlow's by name.

import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';

/** Runs operations. */
export interface TensorflowBackend {
  readonly isUsingGpuDevice: boolean;
  /** What kinds of attributes are called, and what types of numbers. */
  readonly binding: Readonly<
    Record<
      'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_ATTR_INT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_ATTR_SHAPE',
      number
    >
  >;
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly TensorInfo[]): TensorInfo;
  executeMultipleOutputs(
    name: string,
    attributes: readonly object[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): TensorInfo[];
  disposeData(data: DataId): void;
}
