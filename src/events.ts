// What pipelines tell while they work.

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
