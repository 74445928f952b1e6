// Writes small tfjs graph models: nodes as the converter writes them, constants in one shard.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomNumbers } from './tfjs-network.js';

type Attributes = Readonly<Record<string, object>>;

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Attribute values in the form of a GraphDef's JSON. */
export const attribute = {
  text: (value: string) => ({ s: base64(value) }),
  texts: (...values: string[]) => ({ list: { s: values.map(base64) } }),
  integers: (...values: number[]) => ({ list: { i: values.map(String) } }),
  number: (value: number) => ({ f: value }),
  flag: (value: boolean) => ({ b: value }),
};

/** A graph under construction; methods give back the node's name. */
export class GraphWriter {
  readonly nodes: object[] = [];
  readonly weights: Weight[] = [];
  readonly #bytes: Buffer[] = [];
  readonly #random = randomNumbers(1);

  image(...shape: number[]): string {
    const dim = [-1, ...shape].map(size => ({ size: String(size) }));
    return this.node('image', 'Placeholder', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim } } });
  }

  node(name: string, op: string, input: readonly string[], attr: Attributes = {}): string {
    this.nodes.push({ name, op, input, attr: { T: { type: 'DT_FLOAT' }, ...attr } });
    return name;
  }

  /** A constant of seeded numbers around 0 (or around 1 where it must be positive). */
  weight(name: string, shape: readonly number[], centre = 0): string {
    const length = shape.reduce((product, size) => product * size, 1);
    return this.#constant(
      name,
      shape,
      Float32Array.from({ length }, () => centre + this.#random()),
    );
  }

  integers(name: string, shape: readonly number[], values: readonly number[]): string {
    return this.#constant(name, shape, Int32Array.from(values));
  }

  #constant(name: string, shape: readonly number[], data: Float32Array | Int32Array): string {
    const dtype = data instanceof Int32Array ? 'int32' : 'float32';
    this.weights.push({ name, shape, dtype });
    this.#bytes.push(Buffer.from(data.buffer));
    const type = dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
    const dim = shape.map(size => ({ size: String(size) }));
    const value = { tensor: { dtype: type, tensorShape: { dim } } };
    return this.node(name, 'Const', [], { dtype: { type }, value });
  }

  /** The values of all constants, one after the other. */
  get weightData(): Buffer {
    return Buffer.concat(this.#bytes);
  }

  /** What model.json holds; the last node added is the output. */
  model() {
    return {
      format: 'graph-model',
      modelTopology: { node: this.nodes, versions: { producer: 1 } },
      weightsManifest: [{ paths: ['shard.bin'], weights: this.weights }],
    };
  }

  write(dir: string): void {
    writeFileSync(join(dir, 'model.json'), JSON.stringify(this.model()));
    writeFileSync(join(dir, 'shard.bin'), this.weightData);
  }
}
