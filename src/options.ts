// Options to one readonly value: completed, checked, and no name among them that nobody knows.

import * as v from 'valibot';
import { describeNearest, FinetuneError, refuseOption } from './errors.js';
import { type Option, type OptionTable, type Resolved, readTyped } from './option-kinds.js';

/** The flag that a user types for an option, e.g. `inputShape` -> `--input-shape`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}

/** An option with its value as the command line has it, e.g. `--views 8`; of a table, which a file holds, without. */
export function tellOption(name: string, value: unknown): string {
  return typeof value === 'object' ? flagOf(name) : `${flagOf(name)} ${value}`;
}

/** Values by option name, not checked yet. */
export type RawOptions = Readonly<Record<string, unknown>>;

/**
 * Resolves options: defaults <- config file <- what is given.
 * @param given values by option name; undefined counts as not given
 * @param config values by option name or flag name, from a file, which names no other file
 * @throws FinetuneError `bad-option` naming the option as the command line writes it, what it expects and what it got
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  given: RawOptions,
  config: RawOptions = {},
): Resolved<Table> {
  refuseUnknown(table, given);
  const values = { ...readConfig(table, config), ...withoutUndefined(given) };
  const entries = Object.entries(table).map(([name, option]) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return [name, resolveOne(name, option, value)];
  });
  return Object.freeze(Object.fromEntries(entries));
}

/** @throws FinetuneError `bad-option` for anything but an object whose properties are options */
export function validateObject(given: unknown): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return;
  refuseOption(`Expected an object of options. Received: ${describeReceived(given)}.`);
}

function refuseUnknown(table: OptionTable, given: RawOptions): void {
  const unknown = Object.keys(given).find(name => !Object.hasOwn(table, name));
  if (unknown !== undefined) throw unknownOption(unknown, '', Object.keys(table));
}

function unknownOption(name: string, where: string, known: readonly string[]): FinetuneError {
  return new FinetuneError('bad-option', `Unknown option "${name}"${where}. ${describeNearest(name, known)}`);
}

function withoutUndefined(values: RawOptions): RawOptions {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function readConfig(table: OptionTable, config: RawOptions): RawOptions {
  const known = Object.keys(table).filter(name => name !== 'config');
  const names = new Map(
    known.flatMap(name => [name, flagOf(name).slice(2)].map(key => [key, name] as const)),
  );
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      const name = names.get(key);
      const option = name === undefined ? undefined : table[name];
      if (option === undefined) throw unknownOption(key, ' in the config file', known);
      return [name, readTyped(option, value)];
    }),
  );
}

function resolveOne(name: string, option: Option, value: unknown): unknown {
  const isBareItem = option.kind === 'list' && value !== undefined && !Array.isArray(value);
  const result = v.safeParse(option.schema, isBareItem ? [value] : value);
  if (result.success) return Object.freeze(result.output);
  if (value === undefined) {
    refuseOption(option.missing ?? `${flagOf(name)} is missing. Expected ${option.expects}: ${option.help}.`);
  }
  const index = result.issues[0].path?.[0].key;
  const wrong =
    option.kind === 'list' && typeof index === 'number' && Array.isArray(value) ? value[index] : value;
  refuseOption(
    `${flagOf(name)} expects ${option.expects || 'no value'}. Received: ${describeReceived(wrong)}.`,
  );
}

/** As JSON, or what JSON has no text for: infinity, big integers, functions, objects that hold themselves. */
export function describeReceived(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value) ?? `a ${typeof value}`;
  } catch {
    return 'what cannot be written as JSON';
  }
}
