// A step of Adam by TensorFlow's own operation: one pass over memory instead of a dozen. It changes variables that
// TensorFlow keeps: every step fills them with what tfjs has, and gives tfjs what has become of them.

import type { KernelFunc } from '@tensorflow/tfjs-core';
import { attributesOf } from '../attributes.js';
import { tf } from '../tfjs.js';
import type { TensorflowBackend } from './backend.js';

/**
 * The name of a kernel that an engine may have: one step of Adam, from `weights`, `mean`, `square` and `gradient` to new
 * weights, mean and square. The mean and the square that it is given are used up.
 */
export const adamKernel = 'FinetuneAdam';

/** Attributes of the kernel. */
export interface AdamStep {
  readonly rate: number;
  /** What is kept of the running means, of gradients and of their squares. */
  readonly first: number;
  readonly second: number;
  readonly epsilon: number;
  /** So far, this one included. */
  readonly steps: number;
}

/** Registers it, once. */
export function registerAdam(backendName: string): void {
  if (tf.getKernel(adamKernel, backendName) !== undefined) return;
  tf.registerKernel({ kernelName: adamKernel, backendName, kernelFunc: applyAdam });
}

const applyAdam: KernelFunc = ({ inputs, attrs, backend: current }) => {
  const backend = current as TensorflowBackend;
  const { weights, mean, square, gradient } = inputs;
  if (!weights || !mean || !square || !gradient) throw new Error('A step of Adam lacks an input.');
  const { binding } = backend;
  const float = (name: string) => ({ name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT });
  const flag = (name: string) => ({ name, type: binding.TF_ATTR_BOOL, value: false });
  const text = (name: string, value: string) => ({ name, type: binding.TF_ATTR_STRING, value });
  const { rate, first, second, epsilon, steps } = attributesOf<AdamStep>(attrs);
  const constants = [first ** steps, second ** steps, rate, first, second, epsilon];
  return tf.tidy(() => {
    const variables = [weights, mean, square].map((values, i) => {
      const shape = { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [] };
      const names = [text('container', ''), text('shared_name', `finetune-adam-${i}`)];
      const variable = backend.executeSingleOutput('VarHandleOp', [...names, float('dtype'), shape], []);
      backend.executeMultipleOutputs('AssignVariableOp', [float('dtype')], [variable, values], 0);
      return variable;
    });
    // TensorFlow changes in place what nobody else holds, and copies the rest.
    for (const { dataId } of [mean, square]) backend.disposeData(dataId);
    const operands = [...variables, ...constants.map(each => tf.scalar(each)), gradient];
    const settings = [float('T'), flag('use_locking'), flag('use_nesterov')];
    backend.executeMultipleOutputs('ResourceApplyAdam', settings, operands, 0);
    return variables.map(
      variable => backend.executeSingleOutput('ReadVariableOp', [float('dtype')], [variable]) as tf.Tensor,
    );
  });
};
