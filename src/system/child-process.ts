// Work in a process of its own: questions in, answers out. What breaks or hangs there leaves this process standing.

import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import { extname } from 'node:path';
import { messageOf } from '../errors.js';

/** How long a question may take. */
export interface AskOptions {
  /** A child that has not answered by then is killed; by default it may take as long as it likes. */
  readonly seconds?: number | undefined;
  /** Ends the child; the promise rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/** A program that calls `answerParent`. This process may end while it is there, but not while it is asked something. */
export interface Child {
  /**
   * Asks it, one question at a time.
   * @param question plain data and typed arrays
   * @param seconds by default it may take as long as it likes; one that has not answered by then is killed
   * @throws Error with the reason, with what the process wrote when it crashed, or that it gave no answer in time; a child
   * that is gone says of what at every question
   */
  ask<Answer>(question: object | string, seconds?: number): Promise<Answer>;
  /** Ends it, and waits for that; not for long, since what hangs in a driver may not even end when it is killed. */
  end(): Promise<void>;
}

/** Starts a program, asks it one question, and ends it. Parameters and errors are those of `startChild` and `ask`. */
export async function askChild<Answer = unknown>(
  from: string,
  program: string,
  question: object | string,
  { seconds, signal }: AskOptions = {},
): Promise<Answer> {
  const child = startChild(from, program, signal);
  try {
    return await child.ask<Answer>(question, seconds);
  } finally {
    await child.end();
  }
}

/**
 * Starts a program.
 * @param from `import.meta.url` of the caller, whose file extension, .ts or .js, the program has too
 * @param program relative to the caller, without extension, e.g. `./check-process`
 * @param signal ends the child; what it is asked rejects with an AbortError
 */
export function startChild(from: string, program: string, signal?: AbortSignal): Child {
  const child = fork(new URL(`${program}${extname(from)}`, from), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    ...(signal !== undefined && { signal }),
  });
  letGo(child);
  const { lost, giveUp } = watch(child);
  const waitFor = async <Result>(result: Promise<Result>, seconds: number): Promise<Result> => {
    const stop = callAfter(seconds, () => giveUp(`there was no answer within ${seconds} s`));
    child.ref();
    try {
      return await Promise.race([result, lost]);
    } finally {
      child.unref();
      stop();
    }
  };
  return {
    async ask<Answer>(question: object | string, seconds = Number.POSITIVE_INFINITY) {
      const answered = new Promise<Reply<Answer>>(resolve => child.once('message', resolve));
      // Where it cannot be sent, the child is lost, which is heard of all the same.
      child.send(question, () => undefined);
      const reply = await waitFor(answered, seconds);
      if ('failure' in reply) throw new Error(reply.failure);
      return reply.answer;
    },
    async end() {
      if (child.connected) child.disconnect();
      await waitFor(lost, mostSecondsToEnd).catch(() => undefined);
    },
  };
}

const mostSecondsToEnd = 3;

/** This process may end before the child. */
function letGo(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  if (child.stderr instanceof Socket) child.stderr.unref();
}

interface Watched {
  /** Rejects with why the child is gone. */
  readonly lost: Promise<never>;
  /** Kills it, and waits no longer: what hangs in a driver may not even end then. */
  readonly giveUp: (reason: string) => void;
}

function watch(child: ChildProcess): Watched {
  const written: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => written.push(chunk));
  let lose = (_: Error): void => undefined;
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
    child.on('error', reject);
    child.once('close', (code, signal) => {
      const text = Buffer.concat(written).toString().trim().split('\n').slice(-4).join('\n');
      reject(new Error(text || `the process ended with ${signal ?? code}`));
    });
  });
  // Nobody may be asking anything when it happens.
  lost.catch(() => undefined);
  const giveUp = (reason: string) => {
    lose(new Error(reason));
    child.kill('SIGKILL');
  };
  return { lost, giveUp };
}

/**
 * Calls a function after so many seconds in which this process was at work: where a terminal stops it, it stops the child,
 * too.
 * @returns calls it no more
 */
function callAfter(seconds: number, work: () => void): () => void {
  if (seconds === Number.POSITIVE_INFINITY) return () => undefined;
  let ticks = 0;
  const timer = setInterval(
    () => {
      ticks += 1;
      if (ticks === ticksToCount) work();
    },
    (seconds * 1000) / ticksToCount,
  );
  return () => clearInterval(timer);
}

const ticksToCount = 20;

/**
 * In the program that is started: answers every question with what `work` makes of it, or with why it fails. The program
 * ends when its parent wants nothing more of it, or is gone.
 */
export function answerParent<Question>(work: (question: Question) => Promise<unknown>): void {
  if (!process.connected) process.exit(1);
  process.once('disconnect', () => process.exit(1));
  process.on('message', async (question: Question) => process.send?.(await reply(work, question)));
}

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string };

async function reply<Question>(
  work: (question: Question) => Promise<unknown>,
  question: Question,
): Promise<Reply<unknown>> {
  try {
    return { answer: await work(question) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}
