// Runs a model's config symbolically: every call of every layer, through nested models, becomes one flat Functional
// topology. Shapes go along, so each layer's variables are known before any weight is read.

import { FinetuneError } from '../../errors.js';
import { layerShape } from '../../network/layer-shape.js';
import { LayerNames } from '../../network/names.js';
import type { FunctionalConfig, InboundTensor, TensorReference } from '../../network/network.js';
import type { Shape } from '../../network/shape-rules.js';
import type { Call } from './calls.js';
import { callFunctional, type FunctionalNode } from './functional.js';
import { Instances } from './instances.js';
import {
  type KerasLayer,
  type Plan,
  type SavedVariable,
  type Step,
  Steps,
  type StepWeight,
  type Tensor,
} from './steps.js';
import {
  describeOwnModel,
  describeTraining,
  inputShapeOf,
  isInputLayer,
  type LeafNode,
  type ModelNode,
  placeOf,
  sequentialInputShape,
  type TreeNode,
} from './tree.js';

/** Says what one layer becomes; returns its output. */
export type RewriteLayer = (layer: KerasLayer, steps: Steps) => Tensor;

/** A weight of the flat topology, and which layer of the file it comes from. */
export interface PlannedWeight extends StepWeight {
  readonly leaf: LeafNode;
}

/** A flat topology with a plan for its weights. */
export interface FlatTopology {
  readonly topology: FunctionalConfig;
  readonly weights: readonly PlannedWeight[];
  /** What a file must hold for each layer, in Keras' order. */
  readonly saved: ReadonlyMap<LeafNode, readonly SavedVariable[]>;
  readonly notes: readonly string[];
}

/** A tensor of the flat topology. */
interface FlatTensor {
  readonly reference: TensorReference;
  readonly shape: Shape;
}

interface FlatLayer {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly nodes: InboundTensor[][];
}

/** With the flat layers, made at the first call that needs them. */
interface Instance extends Plan {
  readonly layers: readonly { readonly step: Step; readonly flat: FlatLayer }[];
}

/** Nested models that call each other twice, thirty deep, would never end. */
const maximumCalls = 100_000;

/**
 * Flattens a model.
 * @param kerasVersion major version of the Keras that wrote the config
 * @throws FinetuneError `unsupported-layer`, or `bad-model` where the graph does not hold together
 */
export function flattenModel(model: ModelNode, kerasVersion: number, rewrite: RewriteLayer): FlatTopology {
  const flattener = new Flattener(kerasVersion, rewrite);
  const outputs = flattener.run(model, undefined);
  return flattener.finish(model.name, outputs);
}

class Flattener {
  private readonly layers: FlatLayer[] = [];
  private readonly inputs: TensorReference[] = [];
  private readonly weights: PlannedWeight[] = [];
  private readonly instances = new Instances<Instance>();
  private readonly names = new LayerNames();
  private readonly notes: string[] = [];
  private calls = 0;

  constructor(
    private readonly kerasVersion: number,
    private readonly rewrite: RewriteLayer,
  ) {}

  /** Calls a model; without inputs it is the outermost, and its inputs become the network's. */
  run(model: ModelNode, inputs: readonly FlatTensor[] | undefined): readonly FlatTensor[] {
    const { ends, isOwn } = model;
    if (isOwn) this.note(describeOwnModel(model));
    return ends === undefined
      ? this.runSequential(model, inputs)
      : this.runFunctional({ ...model, ends }, inputs);
  }

  finish(name: string, outputs: readonly FlatTensor[]): FlatTopology {
    return {
      topology: {
        class_name: 'Model',
        config: {
          name,
          layers: this.layers.map(({ name, className, config, nodes }) => ({
            class_name: className,
            config: { ...config, name },
            name,
            inbound_nodes: nodes,
          })),
          input_layers: this.inputs,
          output_layers: outputs.map(({ reference }) => reference),
        },
      },
      weights: this.weights,
      saved: this.instances.saved(),
      notes: this.notes,
    };
  }

  private runSequential(model: ModelNode, inputs: readonly FlatTensor[] | undefined): readonly FlatTensor[] {
    const [first] = model.children;
    const hasInput = first !== undefined && isInputLayer(first);
    const inputName = hasInput ? first.name : `${model.name}_input`;
    const start = inputs ?? [this.addInput(inputName, sequentialInputShape(model))];
    return model.children
      .slice(hasInput ? 1 : 0)
      .reduce((tensors, child) => this.call(child, tensors, undefined), start);
  }

  private runFunctional(
    model: FunctionalNode,
    inputs: readonly FlatTensor[] | undefined,
  ): readonly FlatTensor[] {
    const { length } = model.ends.inputs;
    if (inputs !== undefined && inputs.length !== length) {
      throw new FinetuneError(
        'bad-model',
        `The model ${placeOf(model)} has ${length} inputs but is called with ${inputs.length}.`,
      );
    }
    return callFunctional<FlatTensor>(model, {
      input: (layer, position) => inputs?.[position] ?? this.addInput(layer.name, inputShapeOf(layer)),
      call: (child, tensors, call) => this.call(child, tensors, call),
    });
  }

  private addInput(name: string, shape: Shape): FlatTensor {
    const unique = this.names.claim(name, []);
    const config = { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false };
    this.layers.push({ name: unique, className: 'InputLayer', config, nodes: [] });
    this.inputs.push([unique, 0, 0]);
    return { reference: [unique, 0, 0], shape };
  }

  private call(
    child: TreeNode,
    inputs: readonly FlatTensor[],
    call: Call | undefined,
  ): readonly FlatTensor[] {
    this.calls += 1;
    if (this.calls > maximumCalls) {
      throw new FinetuneError(
        'bad-model',
        `The model makes more than ${maximumCalls} calls of layers. Expected fewer: the file is damaged.`,
      );
    }
    // Keras 3 lets the model say whether it trains.
    if (this.kerasVersion < 3 && call?.kwargs.training === true) this.note(describeTraining(child));
    return child.kind === 'model' ? this.run(child, inputs) : [this.callLeaf(child, inputs, call)];
  }

  private note(note: string): void {
    if (!this.notes.includes(note)) this.notes.push(note);
  }

  private callLeaf(leaf: LeafNode, inputs: readonly FlatTensor[], call: Call | undefined): FlatTensor {
    const shapes = inputs.map(({ shape }) => shape);
    const instance = this.instances.find(leaf, shapes, {
      plan: () => this.plan(leaf, shapes, call),
      make: plan => this.instantiate(leaf, plan),
    });
    const results: FlatTensor[] = [];
    const resolve = ({ index }: Tensor): FlatTensor => {
      const tensor = index < 0 ? inputs[-1 - index] : results[index];
      if (tensor !== undefined) return tensor;
      throw new FinetuneError(
        'bad-model',
        `The layer ${placeOf(leaf)} is called with fewer inputs than before.`,
      );
    };
    for (const { step, flat } of instance.layers) {
      const tensors = step.inputs.map(resolve);
      flat.nodes.push(tensors.map(({ reference }): InboundTensor => [...reference, {}]));
      const shapes = tensors.map(tensor => tensor.shape);
      const shape = layerShape(step.className, step.config, shapes, placeOf(leaf));
      results.push({ reference: [flat.name, flat.nodes.length - 1, 0], shape });
    }
    return resolve(instance.output);
  }

  private plan(leaf: LeafNode, inputs: readonly Shape[], call: Call | undefined): Plan {
    const place = placeOf(leaf);
    if (inputs.length === 0) throw new FinetuneError('bad-model', `The layer ${place} has no input.`);
    const { className, config, isOperation, isOwn } = leaf;
    const { kerasVersion } = this;
    const steps = new Steps({ className, config, isOperation, isOwn, inputs, call, kerasVersion, place });
    return { steps, output: this.rewrite(steps.layer, steps) };
  }

  private instantiate(leaf: LeafNode, { steps, output }: Plan): Instance {
    const layers = steps.list.map((step, i) => ({
      step,
      flat: this.claimLayer(leaf, step, i === output.index),
    }));
    for (const { step, flat } of layers) {
      const named = step.weights.map(weight => ({ ...weight, name: `${flat.name}/${weight.name}`, leaf }));
      this.weights.push(...named);
    }
    this.layers.push(...layers.map(({ flat }) => flat));
    if (steps.note !== undefined) this.note(steps.note);
    return { steps, output, layers };
  }

  /** The step that gives the result bears the layer's name: it is what a cut at this layer means. */
  private claimLayer(leaf: LeafNode, { className, config }: Step, isOutput: boolean): FlatLayer {
    const wanted = isOutput ? leaf.name : `${leaf.name}_${className.toLowerCase()}`;
    return { name: this.names.claim(wanted, leaf.path), className, config, nodes: [] };
  }
}
