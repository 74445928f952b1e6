// Other programs: pip, the compiler, nvidia-smi.

import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Most that is kept of a program's output, in bytes. */
const outputLimit = 32 * 1024 ** 2;

/** How a program is run. */
export interface RunOptions {
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly timeoutSeconds: number;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program without a shell.
 * @returns what it wrote on standard output
 * @throws Error with the end of what it wrote, when it fails, is not there or takes too long; the signal's reason once
 * the program that it stopped has ended
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  { directory, environment, timeoutSeconds, signal }: RunOptions,
): Promise<string> {
  signal?.throwIfAborted();
  const running = execute(command, [...args], {
    cwd: directory,
    env: environment ?? process.env,
    timeout: timeoutSeconds * 1000,
    maxBuffer: outputLimit,
    ...(signal && { signal }),
  });
  try {
    return (await running).stdout;
  } catch (error) {
    if (signal?.aborted) await ended(running.child);
    signal?.throwIfAborted();
    throw new Error(`${command} failed: ${lastLines(error, timeoutSeconds)}`, { cause: error });
  }
}

/** Waits until nobody writes any more to what the caller is about to remove. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit');
}

function lastLines(error: unknown, timeoutSeconds: number): string {
  const { stderr, stdout, killed, message } = error as Error & {
    readonly stderr?: string;
    readonly stdout?: string;
    readonly killed?: boolean;
  };
  if (killed === true) return `not done after ${timeoutSeconds} s`;
  const written = (stderr?.trim() || stdout?.trim() || message).split('\n');
  return written.slice(-6).join('\n');
}

/**
 * The first of several programs that answers.
 * @param candidates command and arguments that come before all others, e.g. `['python3', '-m', 'pip']`
 * @returns undefined when none is here
 */
export async function findProgram(
  candidates: readonly (readonly [string, ...string[]])[],
  signal?: AbortSignal,
): Promise<readonly [string, ...string[]] | undefined> {
  for (const candidate of candidates) {
    const [command, ...args] = candidate;
    try {
      await runProgram(command, [...args, '--version'], { timeoutSeconds: 60, signal });
      return candidate;
    } catch {
      signal?.throwIfAborted();
      // Not here; the next one may be.
    }
  }
  return undefined;
}
