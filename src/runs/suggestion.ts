// What a run suggests to try after it.

/** A training that is likely to be better than the one that has ended. */
export interface Suggestion {
  readonly recipe: 'fine-tune';
  /** Why, in a few words for people. */
  readonly reason: string;
  /** How long it would take on this machine, estimated from what was measured; absent where nothing was. */
  readonly seconds?: number | undefined;
}
