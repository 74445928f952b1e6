// Work in a process of its own: one question in, one answer out. What breaks there leaves this process standing.

import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { messageOf } from '../errors.js';

/** How long a question may take. */
export interface AskOptions {
  /** A child that has not answered by then is killed; by default it may take as long as it likes. */
  readonly seconds?: number | undefined;
  /** Ends the child; the promise rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a program that calls `answerParent`, and waits for its answer.
 * @param from `import.meta.url` of the caller, whose file extension, .ts or .js, the program has too
 * @param program relative to the caller, without extension, e.g. `./check-process`
 * @param question plain data
 * @throws Error with the reason, with what the process wrote when it crashes, or that it gave no answer in time
 */
export async function askChild<Answer = unknown>(
  from: string,
  program: string,
  question: unknown,
  { seconds, signal }: AskOptions = {},
): Promise<Answer> {
  const child = fork(new URL(`${program}${extname(from)}`, from), [JSON.stringify(question)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    ...(signal !== undefined && { signal }),
  });
  const written: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => written.push(chunk));
  let timer: NodeJS.Timeout | undefined;
  const answered = new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    if (seconds !== undefined) {
      timer = setTimeout(() => {
        abandon(child);
        reject(new Error(`there was no answer within ${seconds} s`));
      }, seconds * 1000);
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const text = Buffer.concat(written).toString().trim().split('\n').slice(-4).join('\n');
      reject(new Error(text || `the process ended with ${signal ?? code}`));
    });
  });
  const message = await answered.finally(() => clearTimeout(timer));
  const reply = message as Reply<Answer>;
  if ('failure' in reply) throw new Error(reply.failure);
  return reply.answer;
}

/** One that hangs in a driver may not even end when it is killed: nothing waits for it. */
function abandon(child: ChildProcess): void {
  child.kill('SIGKILL');
  child.stderr?.destroy();
  if (child.connected) child.disconnect();
  child.unref();
}

/**
 * In the program that `askChild` starts: answers with what `work` makes of the question, or with why it fails.
 * The program ends when nobody waits for the answer any more.
 */
export async function answerParent<Question>(work: (question: Question) => Promise<unknown>): Promise<void> {
  if (!process.connected) process.exit(1);
  process.once('disconnect', () => process.exit(1));
  // A listener alone would keep a program going that has answered.
  process.channel?.unref();
  process.send?.(await reply(work));
}

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string };

async function reply<Question>(work: (question: Question) => Promise<unknown>): Promise<Reply<unknown>> {
  try {
    return { answer: await work(JSON.parse(process.argv[2] ?? '') as Question) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}
