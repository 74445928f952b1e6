// Option tables as yargs flags.

import type { Argv } from 'yargs';
import { flagOf, type Option } from '../options.js';
import type { Command } from './registry.js';

/** Declares a command's options and examples. Values stay as typed: options.ts checks them. */
export function addOptions(builder: Argv, { options, examples }: Command): Argv {
  for (const [name, option] of Object.entries(options)) {
    builder.option(flagOf(name).slice(2), describe(option));
  }
  return builder.example(examples.map(([line, meaning]): [string, string] => [`finetune ${line}`, meaning]));
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
