// What one Keras layer becomes: one tfjs layer, several, or none.

import { FinetuneError } from '../../errors.js';
import { layerShape } from '../../network/layer-shape.js';
import type { Shape } from '../../network/shape-rules.js';
import { type Variable, variablesOf } from '../../network/variables.js';
import type { JsonObject } from '../../system/json.js';
import type { Call } from './calls.js';

/** A Keras layer as it is met in a topology. */
export interface KerasLayer {
  readonly className: string;
  readonly config: JsonObject;
  /** A bare operation of Keras 3. */
  readonly isOperation: boolean;
  /** The input shapes of its first call, without the batch dimension. */
  readonly inputs: readonly Shape[];
  /** Its first call, for operations that take more than tensors. */
  readonly call: Call | undefined;
  /** Major version of the Keras that wrote the config. */
  readonly kerasVersion: number;
  /** Name and place, for messages. */
  readonly place: string;
  /** A class of the user's own, whatever it is called. */
  readonly isOwn: boolean;
}

/** A variable of a tfjs layer, and where its values come from. */
export interface StepWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly from:
    | { readonly values: Float32Array }
    | {
        /** Which of the Keras layer's saved variables. */
        readonly saved: SavedVariable;
        /** Done to the whole array; absent: taken as it is. */
        readonly transform?: (values: Float32Array) => Float32Array;
      };
}

/** A variable of the Keras layer, in the order in which Keras saves them. */
export interface SavedVariable extends Variable {
  /** Some versions of Keras do not save it; nothing reads it. */
  readonly optional?: boolean;
}

/** A tensor inside a layer's steps: an input of the layer (negative: -1 is the first) or a step's output. */
export interface Tensor {
  readonly index: number;
  readonly shape: Shape;
}

/** One tfjs layer. */
export interface Step {
  readonly className: string;
  readonly config: JsonObject;
  readonly inputs: readonly Tensor[];
  readonly weights: readonly StepWeight[];
}

/** What one layer becomes. */
export interface Plan {
  readonly steps: Steps;
  readonly output: Tensor;
}

/** Collects the steps of one layer. */
export class Steps {
  readonly list: Step[] = [];
  readonly saved: SavedVariable[] = [];
  readonly inputs: readonly Tensor[];
  /** What the user should know of this layer. */
  note: string | undefined;

  constructor(readonly layer: KerasLayer) {
    this.inputs = layer.inputs.map((shape, i) => ({ index: -1 - i, shape }));
  }

  /** The layer's only input. */
  get input(): Tensor {
    const [first] = this.inputs;
    if (first !== undefined) return first;
    throw new FinetuneError('bad-model', `The layer ${this.layer.place} has no input.`);
  }

  /** Adds a tfjs layer whose weights are given. */
  add(
    className: string,
    config: JsonObject,
    inputs: Tensor | readonly Tensor[],
    weights: readonly StepWeight[] = [],
  ): Tensor {
    const list = [inputs].flat();
    const shapes = list.map(tensor => tensor.shape);
    const shape = layerShape(className, config, shapes, this.layer.place);
    this.list.push({ className, config, inputs: list, weights });
    return { index: this.list.length - 1, shape };
  }

  /** Adds a tfjs layer that takes over the Keras layer's variables one by one. */
  addWithVariables(className: string, config: JsonObject, inputs: Tensor | readonly Tensor[]): Tensor {
    const [first] = [inputs].flat();
    const weights = variablesOf(className, config, first?.shape ?? []).map(variable => ({
      name: variable.name,
      shape: variable.shape,
      from: { saved: this.expect(variable) },
    }));
    return this.add(className, config, inputs, weights);
  }

  /** Says that the file holds this variable of the layer next. */
  expect(variable: SavedVariable): SavedVariable {
    this.saved.push(variable);
    return variable;
  }
}
