// Option tables as yargs flags, and what was typed as values of options.

import * as v from 'valibot';
import type { Argv } from 'yargs';
import { describeNearest, FinetuneError } from '../errors.js';
import { flag, type Option, type OptionTable, type Resolved, readTyped } from '../option-kinds.js';
import { flagOf, type RawOptions, resolveOptions } from '../options.js';
import type { OptionsOf } from '../pipeline/verb.js';
import type { Command } from './command.js';

/** For commands whose result programs read, too. */
export const json = flag('Print one JSON value on stdout, everything else on stderr');

/** Marks an argument that yargs must not touch: a lone `-` (standard input), which it drops, and all after `--`. */
const literal = '\0';

/** Marks what is no option. @param argv the arguments of the process */
export function markLiterals(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const options = argv.slice(0, end).map(arg => (arg === '-' ? `${literal}-` : arg));
  return [...options, ...argv.slice(end + 1).map(arg => `${literal}${arg}`)];
}

/** A command under the name and with the argument that its row says. */
export interface NamedCommand extends Command {
  readonly name: string;
  /** What the row calls the positional argument, e.g. `folder`. */
  readonly argument: string | undefined;
}

/**
 * Declares a command's options and examples. Values stay as typed.
 * @param isHelp says of what kind values are, too
 */
export function addOptions(builder: Argv, command: NamedCommand, isHelp: boolean): Argv {
  for (const [name, option] of flagsOf(command)) {
    builder.option(flagOf(name).slice(2), describe(option, isHelp));
  }
  return builder.example(
    command.examples.map(([line, meaning]): [string, string] => [`finetune ${line}`, meaning]),
  );
}

/** The options that have a flag: one that goes by the name of the positional argument has none. */
function flagsOf({ options, argument }: NamedCommand): [name: string, option: Option][] {
  return Object.entries(options).filter(([name]) => name !== argument);
}

function describe({ kind, help, expects, schema }: Option, isHelp: boolean) {
  // yargs lays out the help before every command: what is hidden takes it no time.
  const hidden = !isHelp;
  if (kind === 'flag') return { type: 'boolean', describe: help, hidden } as const;
  const fallback = v.safeParse(schema, undefined);
  const shown = fallback.success && fallback.output !== undefined ? String(fallback.output) : undefined;
  return {
    // When it runs, what was typed has to be seen as it was typed.
    type: isHelp && kind === 'number' ? 'number' : 'string',
    requiresArg: true,
    hidden,
    describe: `${help} [${expects}]`,
    ...(shown ? { defaultDescription: shown } : {}),
  } as const;
}

/**
 * Reads what was typed.
 * @param flags as yargs has parsed them
 * @param argv as they were typed, literals marked
 * @throws FinetuneError `bad-option` for a flag that nobody knows, and for an argument too many
 */
export function readFlags(flags: RawOptions, argv: readonly string[], command: NamedCommand): RawOptions {
  refuseUnknownFlags(argv, command);
  const given: Record<string, unknown> = {};
  for (const [name, option] of flagsOf(command)) {
    const typed = typedFlag(name, argv, option) ?? flags[name];
    if (typed !== undefined) given[name] = readTyped(option, typed);
  }
  return { ...given, ...readPositional(flags, given, command) };
}

/** yargs makes false of `--json=maybe`: what was typed counts, so that options.ts refuses it. */
function typedFlag(name: string, argv: readonly string[], { kind }: Option): string | undefined {
  const starts = [`${flagOf(name)}=`, `--${name}=`];
  const typed = argv.find(arg => starts.some(start => arg.startsWith(start)));
  const value = typed?.slice(typed.indexOf('=') + 1);
  return kind === 'flag' && value !== undefined && !/^(true|false)$/.test(value) ? value : undefined;
}

function readPositional(flags: RawOptions, given: RawOptions, command: NamedCommand): RawOptions {
  const { positional, argument, options } = command;
  const [, ...rest] = [flags._].flat();
  if (rest.length > 0) throw wrongUse(`One argument too many: ${unmark(rest[0])}.`, command.name);
  if (positional === undefined || argument === undefined) return {};
  const values = [flags[argument] ?? []].flat().map(unmark);
  if (values.length === 0) return {};
  if (given[positional] !== undefined) {
    const both = `${values[0]} and ${flagOf(positional)} ${given[positional]}`;
    throw wrongUse(`${both} say the same: give one of them.`, command.name);
  }
  return { [positional]: options[positional]?.kind === 'list' ? values : values[0] };
}

function unmark(value: unknown): string {
  return String(value).replace(literal, '');
}

function refuseUnknownFlags(argv: readonly string[], command: NamedCommand): void {
  const known = [...flagsOf(command).map(([name]) => flagOf(name)), '--help', '--version'];
  for (const arg of argv) {
    const flagged = arg.match(/^--?[a-z][^=]*/i)?.[0];
    if (flagged === undefined || flagged === '-h' || flagged === '-v') continue;
    const dashed = flagged.startsWith('--') ? flagOf(flagged.slice(2)) : flagged;
    if (known.includes(dashed) || known.includes(dashed.replace(/^--no-/, '--'))) continue;
    throw wrongUse(`Unknown option ${flagged}. ${describeNearest(flagged, known)}`, command.name);
  }
}

/**
 * Deals what was typed out to the verb, which checks it, and to the command itself.
 * @param own the options that are about printing alone
 * @throws FinetuneError `bad-option` for a wrong value of the latter
 */
export function dealOut<Table extends OptionTable, Own extends OptionTable>(
  given: RawOptions,
  _verb: Table,
  own: Own,
): [options: OptionsOf<Table>, printing: Resolved<Own>] {
  const entries = Object.entries(given);
  const printing = entries.filter(([name]) => Object.hasOwn(own, name));
  const options = entries.filter(([name]) => !Object.hasOwn(own, name));
  return [Object.fromEntries(options) as OptionsOf<Table>, resolveOptions(own, Object.fromEntries(printing))];
}

/**
 * What was typed has no meaning.
 * @param command where there is more to read
 */
export function wrongUse(message: string, command?: string): FinetuneError {
  return new FinetuneError('bad-option', message, {
    lines: [`See finetune ${command ? `${command} ` : ''}--help.`],
  });
}
