// The order in which the calls of one Functional model are made.

import { FinetuneError } from '../../errors.js';
import type { TensorReference } from '../../network/network.js';
import type { Call } from './calls.js';
import type { FlatTensor } from './flatten.js';
import { type ModelNode, placeOf, type TreeNode } from './tree.js';

/** One call that is to be made. */
type Pending = readonly [child: TreeNode, index: number, call: Call];

type MakeCall = (child: TreeNode, call: Call, inputs: readonly FlatTensor[]) => readonly FlatTensor[];

/** Makes every call of a model once, inputs before their users, otherwise in the order of the config. */
export class Schedule {
  private readonly results = new Map<string, readonly FlatTensor[]>();
  private readonly waiting = new Map<string, Pending[]>();
  /** Keras 2 and tfjs count a nested model's own graph as its node 0, so that its first call is node 1. */
  private readonly offsets = new Map<string, number>();
  private open = 0;

  constructor(
    private readonly model: ModelNode,
    private readonly make: MakeCall,
  ) {
    const models = model.children.filter(child => child.kind === 'model');
    const references = [
      ...model.children.flatMap(child => child.calls.flatMap(call => call.inputs)),
      ...model.ends!.outputs,
    ];
    const fromZero = new Set(references.filter(([, node]) => node === 0).map(([name]) => name));
    for (const { name } of models) this.offsets.set(name, fromZero.has(name) ? 0 : 1);
  }

  /** Gives the result of a call that needs no making: an input's. */
  settle(child: TreeNode, index: number, tensors: readonly FlatTensor[]): string {
    const key = callKey(child.name, index + (this.offsets.get(child.name) ?? 0));
    this.results.set(key, tensors);
    return key;
  }

  /** @throws FinetuneError `bad-model` where inputs are missing or form a ring */
  run(): void {
    for (const child of this.model.children) {
      for (const [index, call] of child.calls.entries()) {
        this.open += 1;
        this.attempt([child, index, call]);
      }
    }
    if (this.open === 0) return;
    const names = [...this.waiting.values()].flat().map(([child]) => placeOf(child));
    throw new FinetuneError(
      'bad-model',
      `The inputs of ${[...new Set(names)].slice(0, 3).join(', ')} are missing or form a ring. The file is damaged.`,
    );
  }

  /** Makes a call and all that waited for it, or leaves it waiting for the first input that is not there yet. */
  private attempt(first: Pending): void {
    const ready = [first];
    for (let pending = ready.pop(); pending !== undefined; pending = ready.pop()) {
      const [child, index, call] = pending;
      const missing = call.inputs.find(([name, node]) => !this.results.has(callKey(name, node)));
      if (missing !== undefined) {
        this.wait(callKey(missing[0], missing[1]), pending);
        continue;
      }
      const inputs = call.inputs.map(input => this.resultOf(input));
      const key = this.settle(child, index, this.make(child, call, inputs));
      this.open -= 1;
      ready.push(...(this.waiting.get(key) ?? []));
      this.waiting.delete(key);
    }
  }

  private wait(key: string, pending: Pending): void {
    const others = this.waiting.get(key);
    if (others === undefined) this.waiting.set(key, [pending]);
    else others.push(pending);
  }

  /** @throws FinetuneError `bad-model` when there is no such output */
  resultOf([name, node, tensor]: TensorReference): FlatTensor {
    const result = this.results.get(callKey(name, node))?.[tensor];
    if (result !== undefined) return result;
    throw new FinetuneError(
      'bad-model',
      `The model ${placeOf(this.model)} refers to output ${tensor} of call ${node} of "${name}", which it does not have. The file is damaged.`,
    );
  }
}

function callKey(name: string, node: number): string {
  return `${node}:${name}`;
}
