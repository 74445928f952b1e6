#!/usr/bin/env node
// The command line: reads argv, runs one command, sets the exit code. Nothing else does either of the last two.

import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { type Command, commands } from './commands/registry.js';
import { FinetuneError } from './errors.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Stands for a lone `-` (standard input) while yargs parses, since it drops one among positional arguments. */
const dash = '\0-';

process.exitCode = await main(process.argv.slice(2).map(arg => (arg === '-' ? dash : arg)));

async function main(argv: string[]): Promise<number> {
  let exitCode = 0;
  const parser = yargs(argv)
    .scriptName('finetune')
    .usage('$0 <command> [options]\n\nTransfer learning for images.')
    .version(version)
    .alias({ help: 'h', version: 'v' })
    .parserConfiguration({ 'parse-numbers': false, 'strip-aliased': true })
    .strict()
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .epilogue('Each command has its own: finetune train --help')
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      throw error ?? new FinetuneError('bad-option', `${message}\nSee finetune --help.`);
    });
  for (const { usage, summary, load } of commands) {
    let command: Command;
    parser.command(
      usage,
      summary,
      async builder => {
        command = (await load()).command;
        const { addOptions } = await import('./commands/flags.js');
        return addOptions(builder, command);
      },
      async flags => {
        exitCode = await command.run(flags, positionals(flags));
      },
    );
  }
  try {
    await parser.parseAsync();
    return exitCode;
  } catch (error) {
    return showFailure(error);
  }
}

function positionals({ images, network }: Readonly<Record<string, unknown>>): string[] {
  return [images ?? network ?? []].flat().map(value => (value === dash ? '-' : String(value)));
}

/** A mistake is one message and 1; a bug is its stack and 2. */
function showFailure(error: unknown): number {
  if (error instanceof FinetuneError) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  process.stderr.write(
    `${error instanceof Error ? error.stack : String(error)}\nThis is a bug in finetune.\n`,
  );
  return 2;
}
