// What all verbs of the library have in common: two arguments, options that are checked and completed inside, a listener
// and a signal that are carried down.

import type { Given, OptionTable, Resolved } from '../option-kinds.js';
import { type RawOptions, resolveOptions, validateObject } from '../options.js';
import { type Callbacks, type Context, streamWithContext, withContext } from '../system/context.js';
import { loadConfigFile } from './config-file.js';

/**
 * The first argument of a verb with these options. Where the verb reads a config file, that may hold what is missing.
 */
export type OptionsOf<Table extends OptionTable> = 'config' extends keyof Table
  ? Given<Table> | (Partial<Given<Table>> & { readonly config: string })
  : Given<Table>;

/** A verb's arguments; where every option may be left out, so may all of them. */
type VerbArguments<Table extends OptionTable> =
  Record<never, never> extends OptionsOf<Table>
    ? [options?: OptionsOf<Table>, callbacks?: Callbacks]
    : [options: OptionsOf<Table>, callbacks?: Callbacks];

/** A verb that gives one result. */
export type Verb<Table extends OptionTable, Result> = (...args: VerbArguments<Table>) => Promise<Result>;

/** A verb that gives a result at a time. */
export type StreamingVerb<Table extends OptionTable, Result> = (
  ...args: VerbArguments<Table>
) => AsyncGenerator<Result>;

/**
 * Makes a verb.
 * @param work gets settled options, and hears of an abort through its context
 */
export function verb<Table extends OptionTable, Result>(
  table: Table,
  work: (options: Resolved<Table>, context: Context) => Promise<Result>,
): Verb<Table, Result> {
  return (...[options, callbacks = {}]) =>
    withContext(callbacks, async context => work(await settle(table, options), context));
}

/** The same for results that come one by one: whoever takes no more of them stops the work. */
export function streamingVerb<Table extends OptionTable, Result>(
  table: Table,
  work: (options: Resolved<Table>, context: Context) => AsyncGenerator<Result>,
): StreamingVerb<Table, Result> {
  return (...[options, callbacks = {}]) =>
    streamWithContext(callbacks, async function* (context) {
      yield* work(await settle(table, options), context);
    });
}

/** Defaults <- config file <- what is given. */
async function settle<Table extends OptionTable>(
  table: Table,
  given: RawOptions = {},
): Promise<Resolved<Table>> {
  validateObject(given);
  const config = Object.hasOwn(table, 'config') ? await loadConfigFile(given.config) : {};
  return resolveOptions(table, given, config);
}
