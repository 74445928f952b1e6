// What a command has of the process that it runs in: where its result goes, where the rest goes, and what stops it.

import { showEventsOn } from '../report/terminal.js';
import type { Callbacks } from '../system/context.js';
import { printableLines } from '../system/printable.js';
import { explainWriteFailure } from '../system/write-failure.js';

/** What commands print with. */
export interface Program {
  /** For the verbs: events go to stderr, and an interrupt stops them. */
  readonly callbacks: Callbacks;
  /**
   * Prints a part of the result on stdout.
   * @returns false once nobody reads there any more, which is no failure: `finetune predict photos | head`
   * @throws FinetuneError `not-written` where the result cannot be written, e.g. to a full disk
   */
  print(text: string): Promise<boolean>;
  /** Says on stderr what is no part of the result. Whether anybody reads it makes no difference to the work. */
  say(text: string): void;
}

/**
 * Opens stdout and stderr of this process.
 * @param signal stops the command
 */
export function openProgram(signal: AbortSignal): Program {
  const { stdout, stderr } = process;
  // What goes wrong on stdout is told to whoever prints there, and on stderr there is nobody left to tell.
  stdout.on('error', () => undefined);
  stderr.on('error', () => undefined);
  let isRead = true;
  const { onEvent, end } = showEventsOn(stderr);
  return {
    callbacks: { onEvent, signal },
    async print(text) {
      if (!isRead) return false;
      end();
      const error = await new Promise<NodeJS.ErrnoException | null | undefined>(resolve => {
        stdout.write(printableLines(text), resolve);
      });
      if (error?.code === 'EPIPE') isRead = false;
      else if (error) throw explainWriteFailure('The result on standard output', error);
      return isRead;
    },
    say(text) {
      end();
      stderr.write(printableLines(text));
    },
  };
}
