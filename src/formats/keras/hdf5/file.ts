// An HDF5 file in a thread of its own, asked synchronously: a file that sends the library into a loop without end, or
// makes it trap, costs that thread and a message, not the program.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { FinetuneError } from '../../../errors.js';

/** A range of bytes of a file. */
export interface FileRange {
  readonly path: string;
  readonly start: number;
  readonly bytes: number;
}

/** How numbers are stored, as far as weights are stored so; bfloat16 is an opaque type to HDF5. */
export type NumberKind = 'float' | 'bfloat16' | 'int8' | 'other';

/** What stands at a path. */
export interface DatasetInfo {
  readonly path: string;
  readonly shape: readonly number[];
  readonly kind: NumberKind;
  /** Bytes per value. */
  readonly size: number;
}

/** What can be asked of a file. All of it throws FinetuneError `bad-weights` where the file is damaged. */
export interface Hdf5File {
  /** Its name, for messages. */
  readonly label: string;
  /** Whether a group or data set stands at the path, in this very file. */
  kindOf(path: string): 'group' | 'dataset' | undefined;
  /** Names in a group, in the file's order. */
  children(path: string): readonly string[];
  /** Whether a group or data set has the attribute. */
  hasAttribute(path: string, name: string): boolean;
  /** The texts of an attribute; one for a plain text, none for an empty list (which Keras writes as numbers). */
  attribute(path: string, name: string): readonly string[];
  /** What is stored at the path, and that it can be read safely. */
  dataset(path: string): DatasetInfo;
  /**
   * The bytes of a block of a data set, little endian.
   * @param offset first index per axis; empty for a scalar
   * @param count how many per axis
   */
  readBlock(info: DatasetInfo, offset: readonly number[], count: readonly number[]): Uint8Array<ArrayBuffer>;
}

/** What can be asked for. */
export type Hdf5Method = Exclude<keyof Hdf5File, 'label'>;

/** What goes to the thread. */
export interface Request {
  readonly method: Hdf5Method;
  readonly args: readonly unknown[];
}

/** What comes back: a result, or what went wrong and what the library complained of. */
export type Reply<Result> =
  | { readonly result: Result }
  | { readonly error: string; readonly complaint: string };

/** What the thread is started with. */
export interface WorkerSettings {
  readonly range: FileRange;
  readonly label: string;
  readonly port: MessagePort;
  /** Set to 1 and notified with the reply to a request. */
  readonly bell: Int32Array;
}

/** A block of 4 MiB takes milliseconds; this is for a disk that must wake up, and a machine with a lot to do. */
const defaultPatience = 30_000;

/**
 * Opens an HDF5 file, or a range of a file that is one. Close it after use.
 * @param label its name, for messages
 * @param patience milliseconds that one reply may take
 * @throws FinetuneError `bad-weights` when it is no HDF5 file, or truncated
 */
export async function openHdf5(
  range: FileRange,
  label: string,
  patience = defaultPatience,
): Promise<Hdf5Client> {
  const { port1: port, port2 } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const worker = startWorker({ range, label, port: port2, bell });
  const close = () => {
    void worker.terminate();
    port.close();
  };
  try {
    await untilOpened(worker, label, patience);
  } catch (error) {
    close();
    throw error;
  }
  return new Hdf5Client({ port, bell, label, patience, close });
}

/** Waits for the thread to start and to open the file. */
async function untilOpened(worker: Worker, label: string, patience: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const reply = await new Promise<Reply<undefined>>((resolve, reject) => {
      timer = setTimeout(() => reject(tooSlow(label, patience)), patience);
      worker.once('message', resolve).once('error', reject);
    });
    resultOf(reply);
    worker.unref();
  } finally {
    clearTimeout(timer);
  }
}

function startWorker(workerData: WorkerSettings): Worker {
  const options = { workerData, transferList: [workerData.port] };
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./worker.js', import.meta.url), options);
  // Run from its sources: a thread does not inherit tsx, which reads them.
  const [tsx, source] = [import.meta.resolve('tsx/esm/api'), new URL('./worker.ts', import.meta.url).href];
  const start = `import('${tsx}').then(({ register }) => { register(); return import('${source}'); })`;
  return new Worker(start, { ...options, eval: true });
}

/** A thread that serves one file. */
export interface Connection {
  readonly port: MessagePort;
  readonly bell: Int32Array;
  readonly label: string;
  readonly patience: number;
  readonly close: () => void;
}

/** An HDF5 file that another thread reads; every method waits for that thread. */
export class Hdf5Client implements Hdf5File {
  readonly label: string;

  constructor(private readonly connection: Connection) {
    this.label = connection.label;
  }

  /** Ends the thread. */
  close(): void {
    this.connection.close();
  }

  kindOf(path: string) {
    return this.ask('kindOf', path);
  }

  children(path: string) {
    return this.ask('children', path);
  }

  hasAttribute(path: string, name: string) {
    return this.ask('hasAttribute', path, name);
  }

  attribute(path: string, name: string) {
    return this.ask('attribute', path, name);
  }

  dataset(path: string) {
    return this.ask('dataset', path);
  }

  readBlock(info: DatasetInfo, offset: readonly number[], count: readonly number[]) {
    return this.ask('readBlock', info, offset, count);
  }

  private ask<Method extends Hdf5Method>(
    method: Method,
    ...args: Parameters<Hdf5File[Method]>
  ): ReturnType<Hdf5File[Method]> {
    const { port, bell, label, patience } = this.connection;
    Atomics.store(bell, 0, 0);
    port.postMessage({ method, args } satisfies Request);
    this.waitForBell();
    const received: { message: Reply<ReturnType<Hdf5File[Method]>> } | undefined = receiveMessageOnPort(port);
    if (received === undefined) throw tooSlow(label, patience);
    return resultOf(received.message);
  }

  /** A wake-up alone proves nothing: the last reply's may come late, after that reply has been taken. */
  private waitForBell(): void {
    const { bell, label, patience } = this.connection;
    const deadline = performance.now() + patience;
    while (Atomics.load(bell, 0) === 0) {
      const rest = deadline - performance.now();
      if (rest <= 0 || Atomics.wait(bell, 0, 0, rest) === 'timed-out') throw tooSlow(label, patience);
    }
  }
}

function tooSlow(label: string, patience: number): FinetuneError {
  return new FinetuneError(
    'bad-weights',
    `Cannot read ${label}: it took longer than ${patience / 1000} s. This machine is too busy, or the file is damaged: ` +
      'try again, and where that does not help, copy or download the file again.',
  );
}

function resultOf<Result>(reply: Reply<Result>): Result {
  if ('result' in reply) return reply.result;
  const cause = reply.complaint === '' ? undefined : new Error(reply.complaint);
  throw new FinetuneError('bad-weights', reply.error, { cause });
}
