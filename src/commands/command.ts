// What every command of this folder is.

import type { OptionTable } from '../option-kinds.js';
import type { RawOptions } from '../options.js';
import type { Program } from './program.js';

/** What a command's file exports as `command`. */
export interface Command {
  readonly options: OptionTable;
  /** The option that arguments without a flag give, e.g. `data` for `finetune train ./pets`. */
  readonly positional?: string;
  /** Examples for --help: [command line, what it does]. */
  readonly examples: readonly (readonly [string, string])[];
  /**
   * Runs the command.
   * @param given values by option name, as far as they were typed; not checked yet
   * @returns the exit code
   */
  run(given: RawOptions, program: Program): Promise<number>;
}
