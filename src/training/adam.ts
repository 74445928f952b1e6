// Adam, with a rate that may change and a state that can be kept: tfjs' own has neither to the bit.

import * as tf from '@tensorflow/tfjs-core';

/** Running means of the gradients and of their squares, one array per variable. */
export interface AdamState {
  readonly steps: number;
  readonly first: readonly Float32Array[];
  readonly second: readonly Float32Array[];
}

/** Owns its state's tensors: dispose it. */
export interface Adam {
  /** @param gradients in the order of the variables */
  step(gradients: readonly tf.Tensor[], rate: number): void;
  readState(): AdamState;
  dispose(): void;
}

const decay = { first: 0.9, second: 0.999 } as const;
const epsilon = 1e-7;

/** Kingma and Ba, algorithm 1 in the form of its section 2's end; constants as Keras has them. */
export function createAdam(variables: readonly tf.Variable[], from?: AdamState): Adam {
  let steps = from?.steps ?? 0;
  const first = variables.map((variable, i) => createMoment(variable, from?.first[i]));
  const second = variables.map((variable, i) => createMoment(variable, from?.second[i]));
  return {
    step(gradients, rate) {
      steps++;
      const corrected = (rate * Math.sqrt(1 - decay.second ** steps)) / (1 - decay.first ** steps);
      variables.forEach((variable, i) => {
        tf.tidy(() => {
          const gradient = gradients[i]!;
          const mean = mix(first[i]!, gradient, decay.first);
          const square = mix(second[i]!, tf.square(gradient), decay.second);
          const change = tf.div(mean, tf.add(tf.sqrt(square), epsilon));
          variable.assign(tf.sub(variable, tf.mul(change, corrected)));
        });
      });
    },
    readState: () => ({ steps, first: first.map(readValues), second: second.map(readValues) }),
    dispose: () => tf.dispose([...first, ...second]),
  };
}

/** A copy of a tensor's values, as the backend may hand out its own memory. */
export function readValues(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync<'float32'>().slice();
}

function createMoment({ shape, size }: tf.Variable, values?: Float32Array): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values ?? new Float32Array(size), shape), false));
}

/** Moves a running mean towards `value`, and answers with it. */
function mix(moment: tf.Variable, value: tf.Tensor, keep: number): tf.Variable {
  moment.assign(tf.add(tf.mul(moment, keep), tf.mul(value, 1 - keep)));
  return moment;
}
