// The values that cross the borders between folders. Types only, no code.

/** A weight or any other dense array with its shape, row-major. */
export interface WeightTensor {
  /** Unique in its model, `<layer>/<variable>` as tfjs names it, e.g. `block1_conv1/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How a weight lies on disk in a tfjs weights manifest: `value = q * scale + min`, or half precision. */
export type Quantization =
  | {
      readonly dtype: 'uint8' | 'uint16';
      readonly scale: number;
      readonly min: number;
    }
  | { readonly dtype: 'float16' };

/** One node of a layers topology, in the form that tfjs reads (Keras 2). */
export interface LayerConfig {
  readonly class_name: string;
  readonly config: { readonly name: string } & Readonly<Record<string, unknown>>;
  /** Of a Functional model only. */
  readonly name?: string;
  /** Per call of the layer, per input: `[layer name, node index, tensor index, kwargs]`. */
  readonly inbound_nodes?: readonly (readonly InboundTensor[])[];
}

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

/** Pixels to network input: channel order, then `(x - mean) / std` per channel, on 0..255. */
export interface Preprocessing {
  readonly channelOrder: 'RGB' | 'BGR';
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** How a photo becomes a rectangle of the input shape. */
export interface ResizeRule {
  /**
   * `stretch`: whole photo, aspect ratio lost. `crop`: centre crop of `cropFraction` of the short side.
   * `pad`: whole photo, black bars.
   */
  readonly method: 'stretch' | 'crop' | 'pad';
  readonly interpolation: 'linear' | 'cubic' | 'lanczos3';
  /** Part of the scaled short side that is kept by `crop`, e.g. 224 / 256. */
  readonly cropFraction: number;
}

/** `card.json`: what goes with weights and must never be guessed. */
export interface Card {
  readonly formatVersion: 1;
  readonly name: string;
  /** e.g. `vgg16`, `efficientnet-lite0`, or the name in the Keras file. */
  readonly architecture: string;
  /** Height and width may be open (null). */
  readonly inputShape: readonly [height: number | null, width: number | null, channels: 3];
  readonly preprocessing: Preprocessing;
  readonly resize: ResizeRule;
  /** Name of the layer whose output is the base's, for a backbone that still carries its top. */
  readonly featureLayer?: string | undefined;
  /** In the order of the outputs; absent where the network has no top. */
  readonly classNames?: readonly string[] | undefined;
  readonly source: string;
  readonly licence: string;
  /** sha-256 of the weights as stored (all shards in order), hex. */
  readonly sha256: string;
}

/** Decoded pixels, 8-bit RGB: `[height, width, 3]`. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Told at the end of each step of some work, by whoever measures it. */
export type Lap = (step: string) => void;

export type Side = 'train' | 'val' | 'test';

/** One image of a data set; the path is relative to the data folder, with `/`. */
export interface ImageFile {
  readonly path: string;
  /** Index into the class names. */
  readonly label: number;
  /** sha-256 of the bytes, hex. */
  readonly hash: string;
}

export interface BadImage {
  readonly path: string;
  readonly reason: string;
}

/** What pipelines tell while they work; commands render it. */
export type PipelineEvent =
  | { readonly type: 'stage'; readonly name: string; readonly detail?: string }
  | {
      readonly type: 'progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly type: 'epoch';
      readonly epoch: EpochRecord;
      readonly epochs: number;
    }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'bad-image'; readonly image: BadImage };

export type EmitEvent = (event: PipelineEvent) => void;

/** One line of history.jsonl. */
export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss?: number | undefined;
  readonly valAccuracy?: number | undefined;
  readonly seconds: number;
}

/** What the tail is trained on: `features` is `[labels.length, size]`, row-major. */
export interface LabelledFeatures {
  readonly features: Float32Array;
  readonly labels: Int32Array;
  readonly size: number;
}

/** How answers on labelled images turned out. */
export interface Metrics {
  readonly accuracy: number;
  /** Mean log-loss, natural logarithm. */
  readonly loss: number;
  /** `confusion[label][answer]`: images. */
  readonly confusion: readonly (readonly number[])[];
  /** In the order of the class names. */
  readonly perClass: readonly ClassMetrics[];
  /** Plain means over the classes that have images. */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
}

export interface ClassMetrics {
  readonly name: string;
  /** Part of the answers with this name that were right; 0 where there was none. */
  readonly precision: number;
  /** Part of this class' images that were found; 0 where there is none. */
  readonly recall: number;
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

/** One layer in a network's summary. */
export interface LayerRow {
  readonly name: string;
  readonly className: string;
  /** With the batch dimension, as Keras writes it, e.g. `(None, 7, 7, 512)`. */
  readonly outputShape: string;
  readonly parameters: number;
  /** `layer[node][tensor]` per input; empty for an input layer. */
  readonly connectedTo: readonly string[];
}

/** A network layer by layer, with Keras' numbers. */
export interface NetworkSummary {
  readonly name: string;
  readonly rows: readonly LayerRow[];
  readonly parameters: number;
  readonly trainable: number;
  /** Every layer takes the output of the one before it. */
  readonly sequential: boolean;
}

/** One thing that `finetune doctor` looked at. */
export interface Check {
  /** e.g. `Node`, `GPU`. */
  readonly name: string;
  /** What is there, in a few words. */
  readonly finding: string;
  /** The same for programs. */
  readonly details: Readonly<Record<string, unknown>>;
  /** What is wrong or slower than it could be; absent where all is well. */
  readonly problem?: string | undefined;
  /** What to do about the problem. */
  readonly remedy?: string | undefined;
}

/** What `finetune doctor` found, in the order in which it is shown. */
export interface Diagnosis {
  readonly checks: readonly Check[];
}

/** What `finetune bench` measures: a backbone, computing in a precision, on batches of a size. */
export interface BenchSetting {
  /** As it was named. */
  readonly backbone: string;
  readonly precision: 'fp32' | 'int8';
  readonly batchSize: number;
}

/** How fast a frozen base ran, in a process of its own. */
export interface BenchMeasurement {
  /** Images that were timed: whole batches. */
  readonly images: number;
  readonly imagesPerSecond: number;
  /** Of a whole batch, in milliseconds: half of the batches took at most `p50`, 99 of 100 at most `p99`. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Most memory that the process held at a time, in MB (10^6 bytes): Node, the runtime, the model, one batch. */
  readonly peakMegabytes: number;
}

/** A measurement, or why there is none. */
export type BenchRow = BenchSetting & (BenchMeasurement | { readonly failure: string });

/** What `finetune bench` measured, in the order in which it is shown. */
export interface BenchResult {
  /** Of the base's operators. */
  readonly threads: number;
  /** The folder that the images came from; null where they were generated. */
  readonly data: string | null;
  /** Of what ran, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly BenchRow[];
}
