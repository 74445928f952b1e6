// The one form that all formats are read into and written from: a topology with named weights.

/** A weight or any other dense array with its shape, row-major. */
export interface WeightTensor {
  /** Unique in its model, `<layer>/<variable>` as tfjs names it, e.g. `block1_conv1/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One node of a layers topology, in the form that tfjs reads (Keras 2). */
export interface LayerConfig {
  readonly class_name: string;
  readonly config: { readonly name: string } & Readonly<Record<string, unknown>>;
  /** The name again, in a Functional model only. */
  readonly name?: string;
  /** Per call of the layer, per input: `[layer name, node index, tensor index, kwargs]`. */
  readonly inbound_nodes?: readonly (readonly InboundTensor[])[];
}

/** A tensor that a call of a layer takes. */
export type InboundTensor = readonly [
  layer: string,
  nodeIndex: number,
  tensorIndex: number,
  kwargs: Readonly<Record<string, unknown>>,
];

/** `[layer name, node index, tensor index]` */
export type TensorReference = readonly [layer: string, nodeIndex: number, tensorIndex: number];

/** A Functional model: tfjs knows it under the class name `Model`. */
export interface FunctionalConfig {
  readonly class_name: 'Model';
  readonly config: {
    readonly name: string;
    readonly layers: readonly LayerConfig[];
    readonly input_layers: readonly TensorReference[];
    readonly output_layers: readonly TensorReference[];
  };
}

/** A network: topology and weights, always Functional (a Sequential is rewritten on reading), nested models inlined. */
export interface Network {
  readonly topology: FunctionalConfig;
  /** By name. In memory always float32; `quantization` says how a prepared backbone stores them. */
  readonly weights: ReadonlyMap<string, WeightTensor>;
}
