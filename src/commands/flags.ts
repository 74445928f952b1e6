// Option tables as yargs flags.

import type { Argv } from 'yargs';
import type { Option } from '../option-kinds.js';
import { flagOf } from '../options.js';
import type { Command } from './registry.js';

/** Declares a command's options and examples. Values stay as typed: options.ts checks them. */
export function addOptions(builder: Argv, { options, examples }: Command): Argv {
  for (const [name, option] of Object.entries(options)) {
    builder.option(flagOf(name).slice(2), describe(option));
  }
  return builder.example(examples.map(([line, meaning]): [string, string] => [`finetune ${line}`, meaning]));
}

/** yargs makes false of `--json=maybe`: what was typed is put back, so that options.ts refuses it. */
export function restoreTyped(
  flags: Readonly<Record<string, unknown>>,
  argv: readonly string[],
  options: Command['options'],
): Record<string, unknown> {
  const restored = { ...flags };
  for (const [name, { kind }] of Object.entries(options)) {
    const starts = [`${flagOf(name)}=`, `--${name}=`];
    const typed = argv.find(arg => starts.some(start => arg.startsWith(start)));
    const value = typed?.slice(typed.indexOf('=') + 1);
    if (kind === 'flag' && value !== undefined && !/^(true|false)$/.test(value)) restored[name] = value;
  }
  return restored;
}

function describe({ kind, help, expects, schema }: Option) {
  if (kind === 'flag') return { type: 'boolean', describe: help } as const;
  const fallback = schema.safeParse(undefined);
  const shown = fallback.success && fallback.data !== undefined ? String(fallback.data) : undefined;
  return {
    type: kind === 'list' ? 'array' : 'string',
    requiresArg: true,
    describe: `${help} [${expects}]`,
    ...(shown ? { defaultDescription: shown } : {}),
  } as const;
}
