// Adam, with a rate that may change and a state that can be kept: tfjs' own has neither to the bit.

import * as tf from '@tensorflow/tfjs-core';

/** Running means of the gradients and of their squares, one array per variable. */
export interface OptimizerState {
  readonly steps: number;
  readonly first: readonly Float32Array[];
  readonly second: readonly Float32Array[];
}

/** Owns its state's tensors: dispose it. */
export interface Optimizer {
  /** One step at `rate`; `gradients` has one per variable, by its name. */
  step(gradients: tf.NamedTensorMap, rate: number): void;
  readState(): OptimizerState;
  dispose(): void;
}

const decay = { first: 0.9, second: 0.999 } as const;
const epsilon = 1e-7;

/** Kingma and Ba, algorithm 1 in the form of its section 2's end; constants as Keras has them. */
export function createAdam(variables: readonly tf.Variable[], from?: OptimizerState): Optimizer {
  let steps = from?.steps ?? 0;
  const moments = variables.map((variable, i) => ({
    variable,
    first: createMoment(variable, from?.first[i]),
    second: createMoment(variable, from?.second[i]),
  }));
  return {
    step(gradients, rate) {
      steps++;
      const corrected = (rate * Math.sqrt(1 - decay.second ** steps)) / (1 - decay.first ** steps);
      for (const { variable, first, second } of moments) {
        tf.tidy(() => {
          const gradient = gradients[variable.name];
          if (gradient === undefined) throw new Error(`No gradient for ${variable.name}.`);
          const mean = mix(first, gradient, decay.first);
          const square = mix(second, tf.square(gradient), decay.second);
          const change = tf.div(mean, tf.add(tf.sqrt(square), epsilon));
          variable.assign(tf.sub(variable, tf.mul(change, corrected)));
        });
      }
    },
    readState: () => ({
      steps,
      first: moments.map(({ first }) => readValues(first)),
      second: moments.map(({ second }) => readValues(second)),
    }),
    dispose: () => tf.dispose(moments.flatMap(({ first, second }) => [first, second])),
  };
}

/** A copy of a tensor's values, as the backend may hand out its own memory. */
export function readValues(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync<'float32'>().slice();
}

function createMoment({ shape, size }: tf.Variable, values?: Float32Array): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values ?? new Float32Array(size), shape), false));
}

/** Moves a running mean towards `value`. */
function mix(moment: tf.Variable, value: tf.Tensor, keep: number): tf.Variable {
  moment.assign(tf.add(tf.mul(moment, keep), tf.mul(value, 1 - keep)));
  return moment;
}
