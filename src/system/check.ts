// What `finetune doctor` knows of one thing.

/** One thing that `finetune doctor` has checked. */
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
