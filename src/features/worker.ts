// A thread that decodes images, and runs a model on them where there is one, a group at a time.

import { workerData } from 'piscina';
import { type InputRules, originalView } from '../data/image-rules.js';
import { type BadInput, readImage } from '../data/read-image.js';
import type { ImageSource, ReadOptions } from '../data/read-options.js';
import { pictureTaker } from '../data/small-picture.js';
import type { ValueRange } from '../data/value-range.js';
import { type ErrorCode, FinetuneError } from '../errors.js';
import type { SessionOptions } from '../inference/session.js';
import { listThreads, type ProcessorTimes, readThreads, ThreadClock } from '../system/processor-time.js';
import { beginWork, endWork, isToStop, type SharedState } from '../system/thread-guard.js';
import { type DamageFindings, DamageSampler } from './damage-sample.js';
import type { ImageRunner, Outcome } from './run-images.js';

/** What every thread needs to know once. */
export interface WorkerData {
  readonly rules: InputRules;
  /** The model as ONNX, on disk: so it is in memory once, in the runtime. Without one, images are decoded into `target`. */
  readonly model: string | undefined;
  /** Threads of the model's operators. */
  readonly threads: number;
  /** What the bytes of the model's output stand for, where it gives bytes. */
  readonly output: SessionOptions['output'];
  /** Whether JPEGs are looked at for damage. */
  readonly looksForDamage: boolean;
  /** Whether pictures are made by which copies are found. */
  readonly takesPictures: boolean;
  /** In which the thread counts as at work when it starts. */
  readonly state: SharedState;
}

/** An image; `target` is memory that threads share. */
export interface WorkerTask extends Pick<ReadOptions, 'hash' | 'view' | 'isCached' | 'target'> {
  readonly source: ImageSource;
  /** The path by which people know it. */
  readonly path: string;
}

/** Why a thread cannot work: an error's code is lost on the way to another thread, so it travels as plain data. */
export interface ThreadFailure {
  readonly failure: { readonly code?: ErrorCode | undefined; readonly message: string };
}

/** The outcome of an image that is decoded, and nothing more. */
export type InTarget = 'in target';

/** What is known of a group. */
export interface GroupResult {
  /** In the order of the tasks; undefined for those that were left when the thread was told to stop. */
  readonly outcomes: readonly (Outcome | InTarget | undefined)[];
  /** The ranges of 16-bit images that use a small part of what is possible, by the image's place among the tasks. */
  readonly narrowRanges: ReadonlyMap<number, ValueRange>;
  /** Pictures by which copies of images that were seen in full are found, by the image's place among the tasks. */
  readonly pictures: ReadonlyMap<number, Uint8Array>;
  /** Seconds that the thread has worked since it last told, by step. */
  readonly times: ProcessorTimes;
  /** What it has found inside JPEGs meanwhile. */
  readonly damage: DamageFindings;
}

const { model, threads, output, rules, looksForDamage, takesPictures, state }: WorkerData = workerData;
const clock = new ThreadClock();
const sampler = looksForDamage ? new DamageSampler() : undefined;
const opening = open().finally(() => endWork(state));
// A failure is told to whoever wants something of this thread.
opening.catch(() => undefined);
let sessionSeconds = 0;

/** Runs the model on a group of images; those that are known to be bad are left as they are. */
export default async function runGroup(
  tasks: readonly (WorkerTask | BadInput)[],
): Promise<GroupResult | ThreadFailure> {
  try {
    const { handle, sessionThreads } = await opening;
    const narrowRanges = new Map<number, ValueRange>();
    const pictures = new Map<number, Uint8Array>();
    const outcomes = await Promise.all(
      tasks.map((task, i) => {
        if ('reason' in task) return task;
        const onNarrowRange = (range: ValueRange) => void narrowRanges.set(i, range);
        const onPixels = takesPictures
          ? pictureTaker(rules, task.view ?? originalView, picture => void pictures.set(i, picture))
          : undefined;
        return runTask(handle, { ...task, onNarrowRange, onPixels });
      }),
    );
    const times = { ...clock.take() };
    const seconds = readThreads(sessionThreads);
    times.base = (times.base ?? 0) + seconds - sessionSeconds;
    sessionSeconds = seconds;
    return { outcomes, narrowRanges, pictures, times, damage: sampler?.take() ?? new Map() };
  } catch (error) {
    if (error instanceof FinetuneError) return { failure: { code: error.code, message: error.message } };
    return { failure: { message: error instanceof Error ? (error.stack ?? error.message) : String(error) } };
  }
}

/** Reads an image, and does what is to be done with it. */
type Handle = (source: ImageSource, options: ReadOptions) => Promise<Outcome | InTarget>;

interface Opened {
  readonly handle: Handle;
  /** Threads that the session has to itself. */
  readonly sessionThreads: readonly string[];
}

/** Loads the native libraries and the model; this thread must not be taken away from them meanwhile. */
async function open(): Promise<Opened> {
  const decoder = import('../data/decode.js');
  if (model === undefined) {
    await decoder;
    clock.mark('start');
    return { handle: decode, sessionThreads: [] };
  }
  const [{ openSession }, { ImageRunner }] = await Promise.all([
    import('../inference/session.js'),
    import('./run-images.js'),
    decoder,
  ]);
  const before = new Set(listThreads());
  const session = await openSession(model, { threads, output });
  clock.mark('start');
  // A session with one thread uses this one.
  const sessionThreads = threads > 1 ? listThreads().filter(thread => !before.has(thread)) : [];
  const runner = new ImageRunner(session, rules);
  return { handle: (source, options) => runModel(runner, source, options), sessionThreads };
}

async function decode(source: ImageSource, options: ReadOptions): Promise<BadInput | InTarget> {
  const read = await readImage(source, rules, options);
  return 'reason' in read ? read : 'in target';
}

async function runModel(runner: ImageRunner, source: ImageSource, options: ReadOptions): Promise<Outcome> {
  const result = await runner.run(source, options);
  if ('reason' in result) return result;
  clock.mark('base');
  const { data, bytes } = result;
  return bytes !== undefined && output !== undefined ? { data: bytes, ...output } : data;
}

/** Thrown between two steps of an image when the thread has been told to stop. */
const stopped = new Error('stopped');

async function runTask(
  handle: Handle,
  { source, path, ...options }: WorkerTask & Pick<ReadOptions, 'onNarrowRange' | 'onPixels'>,
): Promise<Outcome | InTarget | undefined> {
  if (!beginWork(state)) return undefined;
  const onStep = (step: string) => {
    clock.mark(step);
    if (isToStop(state)) throw stopped;
  };
  const onBytes = (bytes: Buffer) => sampler?.look(path, bytes);
  try {
    return await handle(source, { ...options, onBytes, onStep });
  } catch (error) {
    if (error === stopped) return undefined;
    throw error;
  } finally {
    endWork(state);
  }
}
