// What an engine is: a tfjs backend that trains what lies above the cut.

/** The engines, best first. */
export type EngineName = 'tensorflow' | 'wasm';

/** A started engine: tfjs' current backend is this one until another is started. */
export interface Engine {
  readonly name: EngineName;
  readonly device: 'cuda' | 'cpu';
  /** One line for the user: which engine and, where it could be faster, the command that mends it. */
  readonly description: string;
}
