// What the fuzzer knows of a parser.

import type { Files } from './inputs.js';
import type { Random } from './mutate.js';

/** One parser with what it is given. */
export interface Parser {
  readonly name: string;
  /** Valid inputs; `scratch` is an empty folder to make them in. */
  readonly seeds: (scratch: string) => Promise<readonly Files[]>;
  readonly damage: (seed: Files, random: Random) => Files;
  /** Reads what lies in the folder. Bad input is a FinetuneError, or a result that says so. */
  readonly read: (folder: string, files: Files) => unknown;
}
