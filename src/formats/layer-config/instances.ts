// What was made of each layer, for the shapes of inputs that it was made for. Another call shares it wherever it can.

import { FinetuneError } from '../../errors.js';
import type { Shape } from '../../network/shape-rules.js';
import type { Plan, SavedVariable, Steps } from './steps.js';
import { type LeafNode, placeOf } from './tree.js';

/** How something is made of a layer. */
interface Making<Instance> {
  plan(): Plan;
  make(plan: Plan): Instance;
}

/** What was made of each layer: several instances where a layer without weights becomes other steps for other inputs. */
export class Instances<Instance extends Plan> {
  readonly #made = new Map<LeafNode, Map<string, Instance>>();

  /** The instance for inputs of these shapes, which is made where none will do. */
  find(leaf: LeafNode, inputs: readonly Shape[], { plan, make }: Making<Instance>): Instance {
    const made = this.#made.get(leaf) ?? new Map<string, Instance>();
    this.#made.set(leaf, made);
    const shapes = JSON.stringify(inputs);
    const found = made.get(shapes);
    if (found !== undefined) return found;
    const planned = plan();
    const same = [...made.values()].find(({ steps }) => signatureOf(steps) === signatureOf(planned.steps));
    if (same === undefined && made.size > 0 && planned.steps.saved.length > 0)
      throw severalSizes(leaf, [...made.keys(), shapes]);
    const instance = same ?? make(planned);
    made.set(shapes, instance);
    return instance;
  }

  /** What a file must hold for each layer. */
  saved(): ReadonlyMap<LeafNode, readonly SavedVariable[]> {
    return new Map(
      [...this.#made].map(([leaf, made]) => [leaf, [...made.values()].flatMap(({ steps }) => steps.saved)]),
    );
  }
}

/** Its weights would be in two layers, which a training would tear apart. */
function severalSizes(leaf: LeafNode, shapes: readonly string[]): FinetuneError {
  return new FinetuneError(
    'unsupported-layer',
    `The layer ${placeOf(leaf)} (${leaf.className}) is called on inputs of several sizes, ${shapes.join(' and ')}, ` +
      'which is not supported: no single layer of tfjs computes both. Rebuild the model with a layer for each.',
  );
}

/** The same for steps that differ in nothing but the sizes that go through them. */
function signatureOf({ list }: Steps): string {
  const steps = list.map(({ className, config, inputs, weights }) => ({
    ...{ className, config },
    inputs: inputs.map(({ index }) => index),
    weights: weights.map(({ shape }) => shape),
  }));
  return JSON.stringify(steps);
}
