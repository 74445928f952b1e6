// What `finetune bench` measures and finds.

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

/** What `finetune bench` measures: a backbone, computing in a precision, on batches of a size. */
export interface BenchSetting {
  /** As it was named. */
  readonly backbone: string;
  readonly precision: 'fp32' | 'int8';
  readonly batchSize: number;
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
