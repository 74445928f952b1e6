// Optimizers whose rate may change and whose state can be kept: tfjs' own have neither to the bit, and there is no
// weight decay, clipping or averaging among them.

import { type AdamStep, adamKernel } from '../engines/tensorflow/apply-adam.js';
import { tf } from '../engines/tfjs.js';

/** The optimizers. AdamW is Adam with a weight decay by default. */
export type OptimizerName = 'adam' | 'adamw' | 'sgd' | 'rmsprop';

/** What changes the weights, and how they are held back. */
export interface OptimizerPlan {
  readonly optimizer: OptimizerName;
  /** Part of every kernel that is taken off per step and unit of rate, apart from the gradient; biases and scales stay. */
  readonly weightDecay: number;
  /** Gradients whose length, over all variables, is above this are shortened to it; absent: never. */
  readonly clipNorm?: number | undefined;
  /** Weights are averaged over steps, each average keeping this part of the one before; absent: not averaged. */
  readonly ema?: number | undefined;
}

/** What an optimizer keeps between steps: per slot, an array per variable. */
export interface OptimizerState {
  readonly steps: number;
  readonly slots: readonly (readonly Float32Array[])[];
}

/** A variable, and what its rate is multiplied with: less than 1 for what lies deep. */
export interface Tuned {
  readonly variable: tf.Variable;
  readonly factor: number;
}

/** One variable under way. */
interface Tracked extends Tuned {
  readonly slots: readonly tf.Variable[];
  /** The averaged weights, where there are any. */
  readonly average: tf.Variable | undefined;
}

/** How one kind of optimizer moves a variable. */
interface Rule {
  /** Running values that it keeps of every variable. */
  readonly slots: number;
  /** The change of one step at a rate of 1, as far as it depends on the gradient. */
  change(gradient: tf.Tensor, slots: readonly tf.Variable[]): tf.Tensor;
  /** What the change is multiplied with. */
  rateAt(rate: number, steps: number): number;
}

const decay = { first: 0.9, second: 0.999 } as const;
const epsilon = 1e-7;
const momentum = 0.9;

/** Kingma and Ba, algorithm 1 in the form of its section 2's end; constants as Keras has them. */
const adam: Rule = {
  slots: 2,
  change(gradient, [first, second]) {
    const mean = mix(first, gradient, decay.first);
    const square = mix(second, tf.square(gradient), decay.second);
    return tf.div(mean, tf.add(tf.sqrt(square), epsilon));
  },
  rateAt: (rate, steps) => (rate * Math.sqrt(1 - decay.second ** steps)) / (1 - decay.first ** steps),
};

const rules: Readonly<Record<OptimizerName, Rule>> = {
  adam,
  adamw: adam,
  /** With Nesterov's momentum: the step looks as far as the momentum will carry. */
  sgd: {
    slots: 1,
    change(gradient, [velocity]) {
      const moved = accumulate(velocity, gradient, momentum);
      return tf.add(gradient, tf.mul(moved, momentum));
    },
    rateAt: rate => rate,
  },
  rmsprop: {
    slots: 1,
    change(gradient, [square]) {
      return tf.div(gradient, tf.sqrt(tf.add(mix(square, tf.square(gradient), 0.9), epsilon)));
    },
    rateAt: rate => rate,
  },
};

/** Moves variables by their gradients. Owns tensors: dispose it. */
export class Optimizer {
  readonly #rule: Rule;
  readonly #tracked: readonly Tracked[];
  #steps: number;

  /** @param from the state of another optimizer of the same plan and variables, to go on from there */
  constructor(
    variables: readonly Tuned[],
    readonly plan: OptimizerPlan,
    from?: OptimizerState,
  ) {
    this.#rule = rules[plan.optimizer];
    this.#steps = from?.steps ?? 0;
    const saved = (slot: number, i: number) => from?.slots[slot]?.[i];
    this.#tracked = variables.map((tuned, i) => ({
      ...tuned,
      slots: Array.from({ length: this.#rule.slots }, (_, slot) =>
        createSlot(tuned.variable, saved(slot, i)),
      ),
      average:
        plan.ema === undefined
          ? undefined
          : createSlot(tuned.variable, saved(this.#rule.slots, i) ?? readValues(tuned.variable)),
    }));
  }

  /** One step at `rate`; `gradients` has one per variable, in their order. */
  step(gradients: readonly tf.Tensor[], rate: number): void {
    this.#steps++;
    tf.tidy(() => {
      const pairs = this.#tracked.map((tracked, i) => {
        const gradient = gradients[i];
        if (gradient === undefined) throw new Error(`No gradient for ${tracked.variable.name}.`);
        return { tracked, gradient };
      });
      const { clipNorm } = this.plan;
      const scale =
        clipNorm === undefined
          ? undefined
          : clippingScale(
              pairs.map(({ gradient }) => gradient),
              clipNorm,
            );
      for (const { tracked, gradient } of pairs) {
        tf.tidy(() => this.#move(tracked, scale ? tf.mul(gradient, scale) : gradient, rate));
      }
    });
  }

  /** What is to be used and saved by now: the averaged weights where there are any, else the weights. */
  readWeights(): Float32Array[] {
    return this.#tracked.map(({ variable, average }) => readValues(average ?? variable));
  }

  /** For another optimizer to go on from. */
  readState(): OptimizerState {
    const slots = Array.from({ length: this.#rule.slots }, (_, slot) =>
      this.#tracked.flatMap(each => (each.slots[slot] ? [readValues(each.slots[slot])] : [])),
    );
    const averages = this.#tracked.flatMap(({ average }) => (average ? [readValues(average)] : []));
    return { steps: this.#steps, slots: averages.length > 0 ? [...slots, averages] : slots };
  }

  /** Frees the state. */
  dispose(): void {
    tf.dispose(this.#tracked.flatMap(({ slots, average }) => (average ? [...slots, average] : [...slots])));
  }

  #move({ variable, factor, slots, average }: Tracked, gradient: tf.Tensor, rate: number): void {
    const { weightDecay, ema } = this.plan;
    const own = rate * factor;
    // Decoupled from the gradient (Loshchilov and Hutter 2019); kernels only.
    const kept = weightDecay > 0 && variable.rank > 1 ? tf.mul(variable, 1 - own * weightDecay) : variable;
    if (this.#rule === adam && hasAdam()) {
      moveAtOnce({ variable, kept, slots, gradient }, { ...decay, rate: own, epsilon, steps: this.#steps });
    } else {
      const change = tf.mul(this.#rule.change(gradient, slots), this.#rule.rateAt(own, this.#steps));
      variable.assign(tf.sub(kept, change));
    }
    if (average && ema !== undefined) {
      // The first averages are short, or they would be of the start for long.
      mix(average, variable, Math.min(ema, (1 + this.#steps) / (10 + this.#steps)));
    }
  }
}

/** A copy of a tensor's values, as the backend may hand out its own memory. */
export function readValues(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync<'float32'>().slice();
}

/** Puts values, an array per variable, into variables. */
export function writeValues(variables: readonly tf.Variable[], values: readonly Float32Array[]): void {
  tf.tidy(() => {
    variables.forEach((variable, i) => {
      const saved = values[i];
      if (saved === undefined) throw new Error(`No values for ${variable.name}.`);
      variable.assign(tf.tensor(saved, variable.shape));
    });
  });
}

/** What all gradients are multiplied with, so that together they are no longer than `longest`. */
function clippingScale(gradients: readonly tf.Tensor[], longest: number): tf.Tensor {
  const squares = gradients.map(gradient => tf.sum(tf.square(gradient)));
  const length = tf.sqrt(tf.addN(squares));
  return tf.minimum(1, tf.div(longest, tf.maximum(length, 1e-12)));
}

function createSlot({ shape, size }: tf.Variable, values?: Float32Array): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values ?? new Float32Array(size), shape), false));
}

/** Whether the engine takes a step of Adam at once. */
function hasAdam(): boolean {
  return tf.getKernel(adamKernel, tf.getBackend()) !== undefined;
}

interface AdamOperands extends Pick<Tracked, 'variable' | 'slots'> {
  /** What weight decay leaves of the weights. */
  readonly kept: tf.Tensor;
  readonly gradient: tf.Tensor;
}

function moveAtOnce({ variable, kept, slots, gradient }: AdamOperands, step: AdamStep): void {
  const [mean, square] = slots;
  if (mean === undefined || square === undefined) throw new Error('An optimizer lacks a slot.');
  const inputs = { weights: kept, mean, square, gradient };
  const stepped: tf.Tensor[] = tf.engine().runKernel(adamKernel, inputs, { ...step });
  for (const [i, each] of [variable, mean, square].entries()) {
    const values = stepped[i];
    if (values === undefined) throw new Error('A step of Adam without its results.');
    each.assign(values);
  }
}

/** Moves a running mean towards `value`. */
function mix(slot: tf.Variable | undefined, value: tf.Tensor, keep: number): tf.Variable {
  if (slot === undefined) throw new Error('An optimizer lacks a slot.');
  slot.assign(tf.add(tf.mul(slot, keep), tf.mul(value, 1 - keep)));
  return slot;
}

/** Adds `value` to what is left of a running sum. */
function accumulate(slot: tf.Variable | undefined, value: tf.Tensor, keep: number): tf.Variable {
  if (slot === undefined) throw new Error('An optimizer lacks a slot.');
  slot.assign(tf.add(tf.mul(slot, keep), value));
  return slot;
}
