// The command line: reads argv, runs one command, sets the exit code. Nothing else does either of the last two.

import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { addOptions, markLiterals, type NamedCommand, readFlags, wrongUse } from './commands/flags.js';
import { openProgram } from './commands/program.js';
import { argumentOf, commands, nameOf } from './commands/registry.js';
import { describeNearest, FinetuneError } from './errors.js';
import { endAsInterrupted, listenForInterrupts } from './system/interrupt.js';
import { printable } from './system/printable.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** What the machine refuses, with Node's own words for it. */
const mishaps = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'EMFILE',
  'ENOTDIR',
  'EIO',
  'ENAMETOOLONG',
  'ELOOP',
];

/** What mends a mishap whose words do not say it. */
const remedies: ReadonlyMap<string, string> = new Map([
  ['EMFILE', '. Raise the limit with `ulimit -n 1024`.'],
]);

const program = openProgram(listenForInterrupts());
process.exitCode = await main(markLiterals(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const [name] = argv;
  try {
    refuseUnknownCommand(name);
    return await runCommand(argv);
  } catch (error) {
    endAsInterrupted();
    // yargs' own complaints.
    const isUse = error instanceof Error && error.name === 'YError';
    return showFailure(isUse ? wrongUse(error.message, knownName(name)) : error);
  }
}

/** Before yargs does, who says the same in more words. */
function refuseUnknownCommand(name: string | undefined): void {
  const names = commands.map(nameOf);
  if (name === undefined || name.startsWith('-') || names.includes(name)) return;
  throw wrongUse(`Unknown command ${name}. ${describeNearest(name, names)}`);
}

function knownName(name: string | undefined): string | undefined {
  return commands.map(nameOf).find(each => each === name);
}

async function runCommand(argv: readonly string[]): Promise<number> {
  const isHelp = argv.length === 0 || argv.includes('--help') || argv.includes('-h');
  let exitCode = 0;
  const parser = yargs()
    .scriptName('finetune')
    .usage('$0 <command> [options]\n\nTransfer learning for images.')
    .version(version)
    .locale('en')
    .alias({ help: 'h', version: 'v' })
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'strip-aliased': true })
    .demandCommand(1, 'Name a command.')
    .epilogue('Each command has its own: finetune train --help')
    // yargs lays its help out before every command; without a width, which only a reader needs, that costs nothing.
    .wrap(isHelp ? Math.min(80, process.stdout.columns || 80) : null)
    .fail((message, error) => {
      throw error ?? wrongUse(message, knownName(argv[0]));
    });
  for (const row of commands) {
    let command: NamedCommand;
    parser.command(
      row.usage,
      row.summary,
      async builder => {
        command = { ...(await row.load()).command, name: nameOf(row), argument: argumentOf(row) };
        return addOptions(builder, command, isHelp);
      },
      async flags => {
        exitCode = await command.run(readFlags(flags, argv, command), program);
      },
    );
  }
  let help = '';
  await parser.parseAsync([...argv], {}, (_error, _flags, output) => {
    help = output;
  });
  // Here, since yargs would not hear of a full disk.
  if (help !== '') await program.print(`${help}\n`);
  return exitCode;
}

/** A mistake or a mishap is one message and 1; a bug is its stack and 2. */
function showFailure(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && (error instanceof FinetuneError || mishaps.includes(code))) {
    const lines = error instanceof FinetuneError ? error.lines : [error.message + (remedies.get(code) ?? '')];
    program.say(`${lines.map(printable).join('\n')}\n`);
    return 1;
  }
  program.say(`${error instanceof Error ? error.stack : String(error)}\nThis is a bug in finetune.\n`);
  return 2;
}
