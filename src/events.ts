// What pipelines tell while they work: one kind of event per stage, with counts. Commands render them.

/** An image that cannot be used, and why. */
export interface BadImage {
  readonly path: string;
  readonly reason: string;
}

/** One line of history.jsonl. */
export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss?: number | undefined;
  readonly valAccuracy?: number | undefined;
  /** The rate of its last step; older runs lack it. */
  readonly learningRate?: number | undefined;
  /** Validation counted in. */
  readonly seconds: number;
}

/** How far a stage has come: `done` of `total`, in the unit of the stage. */
interface Counted<Type extends string> {
  readonly type: Type;
  readonly done: number;
  readonly total: number;
}

/** What a pipeline tells, by stage. */
export type PipelineEvent =
  /** The data folder has been looked through. */
  | { readonly type: 'scan'; readonly images: number; readonly classes: number; readonly bad: number }
  /** Bytes of a published file; `total` is absent where the server does not say. */
  | {
      readonly type: 'download';
      readonly source: string;
      readonly done: number;
      readonly total?: number | undefined;
    }
  /** Images of a published data set that have been written. */
  | Counted<'dataset'>
  /** A network is being converted. */
  | { readonly type: 'prepare'; readonly name: string; readonly source: string }
  /** Stored weights are being compared with the original's. */
  | { readonly type: 'compare'; readonly storedAs: string }
  /** int8 is being tried on so many images. */
  | { readonly type: 'precision'; readonly images: number }
  /** Photos that have been measured as pictures. */
  | Counted<'inspect'>
  /** Images that went through the base. */
  | Counted<'features'>
  /** Images that have been decoded to be trained on as they are. */
  | Counted<'decode'>
  /** Validation images that the fp32 base has seen, to compare it with int8. */
  | Counted<'verify'>
  /** Fits of the linear head, of which one l2 is chosen. */
  | Counted<'head'>
  /** Steps of a test of learning rates. */
  | Counted<'rates'>
  /** Folds of cross-validation that have been predicted. */
  | Counted<'folds'>
  /**
   * An epoch of the training loop has ended, of `epochs` at most; it went through so many images. `fold` counts from 1,
   * where a training is cross-validated.
   */
  | {
      readonly type: 'epoch';
      readonly epoch: EpochRecord;
      readonly epochs: number;
      readonly images: number;
      readonly fold?: { readonly number: number; readonly total: number } | undefined;
    }
  /** Images that a finished classifier has been evaluated on. */
  | Counted<'evaluate'>
  /** Rows of the benchmark that have been measured. */
  | Counted<'bench'>
  /** A step of setting an engine up. */
  | { readonly type: 'setup'; readonly step: string }
  /** The folder of the run that predicts, what on, and in which precision. */
  | { readonly type: 'run'; readonly run: string; readonly device: string; readonly precision: string }
  /** What was decided where nothing was asked for; nothing is wrong. */
  | ({ readonly type: 'notice' } & Message)
  | ({ readonly type: 'warning' } & Message)
  | { readonly type: 'bad-image'; readonly image: BadImage };

/** Something to tell a person. */
interface Message {
  readonly message: string;
  /** What comes after it, e.g. a table. A line break elsewhere comes from a name. */
  readonly lines?: readonly string[];
}

/** Hears of events. It never throws: what a listener throws ends the work elsewhere (system/context.ts). */
export type EmitEvent = (event: PipelineEvent) => void;
