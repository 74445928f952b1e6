// HDF5 files for the fuzzer: one thread reads many of them, where the program starts one for each. Starting the library
// takes a hundred times as long as reading a small file.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { FinetuneError } from '../../src/errors.js';
import { type FileRange, Hdf5Client, type Reply } from '../../src/formats/keras/hdf5/file.js';

/** Each leaves an open file behind in the thread. */
const filesPerThread = 200;

/** Milliseconds for one reply: one damaged file in a hundred sends the library into a loop without end. */
const patience = 2000;

let thread: Worker | undefined;
let files = 0;

/** Does what openHdf5 does, in the thread that is there. */
export async function openInSharedThread(range: FileRange, label: string): Promise<Hdf5Client> {
  if (++files % filesPerThread === 0) endThread();
  thread ??= await startThread();
  const { port1: port, port2 } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  thread.postMessage({ range, label, port: port2, bell }, [port2]);
  const reply = await replyOf(thread);
  if ('result' in reply) return new Hdf5Client({ port, bell, label, patience, close: () => port.close() });
  port.close();
  throw new FinetuneError('bad-weights', reply.error, { cause: new Error(reply.complaint) });
}

async function replyOf(opening: Worker): Promise<Reply<undefined>> {
  const late = { error: `The file ${tooLong} ${patience / 1000} s to open.`, complaint: '' };
  const message = once(opening, 'message').then(([reply = late]: Reply<undefined>[]) => reply);
  return await Promise.race([message, setTimeout(patience, late)]);
}

const tooLong = 'took longer than';

const trap = /unreachable|out of bounds|signature mismatch|Aborted|call stack/;

/** A thread whose library has trapped, or came to no end, reads no more files. */
export function dropThreadAfter(error: unknown): void {
  if (!(error instanceof FinetuneError)) return;
  const complaint = error.cause instanceof Error ? error.cause.message : '';
  if (error.message.includes(tooLong) || trap.test(complaint)) endThread();
}

function endThread(): void {
  void thread?.terminate();
  thread = undefined;
}

async function startThread(): Promise<Worker> {
  const worker = newThread();
  await once(worker, 'message');
  worker.unref();
  return worker;
}

/** Run from its sources, a thread does not inherit tsx, which reads them. */
function newThread(): Worker {
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./hdf5-thread.js', import.meta.url));
  const [tsx, source] = [
    import.meta.resolve('tsx/esm/api'),
    new URL('./hdf5-thread.ts', import.meta.url).href,
  ];
  const start = `import('${tsx}').then(({ register }) => { register(); return import('${source}'); })`;
  return new Worker(start, { eval: true });
}
