// An HDF5 file in a thread of its own, asked synchronously: a file that sends the library into a loop without end, or
// makes it trap, costs that thread and a message, not the program.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { FinetuneError } from '../../../errors.js';
import type { FileRange } from './library.js';

/** What stands at a path. */
export interface DatasetInfo {
  readonly path: string;
  readonly shape: readonly number[];
  readonly kind: 'float' | 'other';
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

/** What can be asked, and what goes between the threads. */
export type Hdf5Method = Exclude<keyof Hdf5File, 'label'>;
export interface Question {
  readonly method: Hdf5Method;
  readonly args: readonly unknown[];
}
export type Answer = { readonly result: unknown } | { readonly error: string; readonly complaint: string };
export interface WorkerSettings {
  readonly range: FileRange;
  readonly label: string;
  readonly port: MessagePort;
  /** Set to 1 and notified with the answer to a question. */
  readonly bell: Int32Array;
}

/** A block of 4 MiB takes milliseconds; this is for a disk that must wake up. */
const defaultPatience = 10_000;

/**
 * Opens an HDF5 file, or a range of a file that is one. Close it after use.
 * @param label its name, for messages
 * @param patience milliseconds that one answer may take
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
  const client = new Hdf5Client(worker, port, bell, label, patience);
  await client.opened();
  return client;
}

function startWorker(workerData: WorkerSettings): Worker {
  const options = { workerData, transferList: [workerData.port] };
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./worker.js', import.meta.url), options);
  // Run from its sources: a thread does not inherit tsx, which reads them.
  const [tsx, source] = [import.meta.resolve('tsx/esm/api'), new URL('./worker.ts', import.meta.url).href];
  const start = `import('${tsx}').then(({ register }) => { register(); return import('${source}'); })`;
  return new Worker(start, { ...options, eval: true });
}

export class Hdf5Client implements Hdf5File {
  constructor(
    private readonly worker: Worker,
    private readonly port: MessagePort,
    private readonly bell: Int32Array,
    readonly label: string,
    private readonly patience: number,
  ) {}

  /** Waits for the thread to start and to open the file. */
  async opened(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        timer = setTimeout(() => reject(this.tooSlow()), this.patience);
        this.worker.once('message', resolve).once('error', reject);
      });
      this.resultOf(answer);
      this.worker.unref();
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    void this.worker.terminate();
    this.port.close();
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
    Atomics.store(this.bell, 0, 0);
    this.port.postMessage({ method, args } satisfies Question);
    this.waitForBell();
    const message: { message: Answer } | undefined = receiveMessageOnPort(this.port);
    return this.resultOf(message!.message) as ReturnType<Hdf5File[Method]>;
  }

  /** A wake-up alone proves nothing: the last answer's may come late, after its answer has been taken. */
  private waitForBell(): void {
    const deadline = performance.now() + this.patience;
    while (Atomics.load(this.bell, 0) === 0) {
      const rest = deadline - performance.now();
      if (rest <= 0 || Atomics.wait(this.bell, 0, 0, rest) === 'timed-out') throw this.tooSlow();
    }
  }

  private resultOf(answer: Answer): unknown {
    if ('result' in answer) return answer.result;
    const cause = answer.complaint === '' ? undefined : new Error(answer.complaint);
    throw new FinetuneError('bad-weights', answer.error, { cause });
  }

  private tooSlow(): FinetuneError {
    return new FinetuneError(
      'bad-weights',
      `Cannot read ${this.label}: no answer within ${this.patience / 1000} s. The file is damaged: copy or download it again.`,
    );
  }
}
