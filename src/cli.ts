// The command line: reads argv, runs one command, sets the exit code. Nothing else does either of the last two.

import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { type Command, commands } from './commands/registry.js';
import { FinetuneError } from './errors.js';
import { removeOnInterrupt } from './system/interrupt.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Marks an argument that yargs must not touch: a lone `-` (standard input), which it drops, and all after `--`. */
const literal = '\0';

/** What the machine refuses, with Node's own words for it. */
const mishaps = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'ENOTDIR', 'EIO'];

// Who reads may have seen enough (`finetune predict photos | head`): that is no failure.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 2));
removeOnInterrupt();
process.exitCode = await main(markLiterals(process.argv.slice(2)));

function markLiterals(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const options = argv.slice(0, end).map(arg => (arg === '-' ? `${literal}-` : arg));
  return [...options, ...argv.slice(end + 1).map(arg => `${literal}${arg}`)];
}

async function main(argv: string[]): Promise<number> {
  let exitCode = 0;
  const parser = yargs(argv)
    .scriptName('finetune')
    .usage('$0 <command> [options]\n\nTransfer learning for images.')
    .version(version)
    .locale('en')
    .alias({ help: 'h', version: 'v' })
    .parserConfiguration({ 'parse-numbers': false, 'strip-aliased': true })
    .strict()
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .epilogue('Each command has its own: finetune train --help')
    .wrap(helpWidth(argv))
    .fail((message, error) => {
      throw error ?? wrongUse(message, argv[0]);
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
        const { restoreTyped } = await import('./commands/flags.js');
        exitCode = await command.run(restoreTyped(flags, argv, command.options), positionals(flags));
      },
    );
  }
  try {
    await parser.parseAsync();
    return exitCode;
  } catch (error) {
    // Some of its own complaints yargs throws past the handler above.
    const isUse = error instanceof Error && error.name === 'YError';
    return showFailure(isUse ? wrongUse(error.message, argv[0]) : error);
  }
}

/** yargs lays its help out before every command; without a width, which only a reader needs, that costs nothing. */
function helpWidth(argv: readonly string[]): number | null {
  const isRead = argv.length === 0 || argv.includes('--help') || argv.includes('-h');
  return isRead ? Math.min(110, process.stdout.columns ?? 110) : null;
}

function positionals({ images, network }: Readonly<Record<string, unknown>>): string[] {
  return [images ?? network ?? []].flat().map(value => String(value).replace(literal, ''));
}

function wrongUse(message: string, command: string | undefined): FinetuneError {
  const isCommand = commands.some(({ usage }) => usage.split(' ')[0] === command);
  return new FinetuneError('bad-option', `${message}\nSee finetune ${isCommand ? `${command} ` : ''}--help.`);
}

/** A mistake or a mishap is one message and 1; a bug is its stack and 2. */
function showFailure(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && (error instanceof FinetuneError || mishaps.includes(code))) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  process.stderr.write(
    `${error instanceof Error ? error.stack : String(error)}\nThis is a bug in finetune.\n`,
  );
  return 2;
}
