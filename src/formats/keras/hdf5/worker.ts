// The thread in which an HDF5 file is read: opens it, then answers questions one by one.

import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../errors.js';
import type { Answer, Question, WorkerSettings } from './file.js';
import { openLocalHdf5 } from './local-file.js';

const { range, label, port, bell }: WorkerSettings = workerData;

const opened = await openLocalHdf5(range, label).then(
  file => ({ file, outcome: { result: undefined } }),
  (error: unknown) => ({ file: undefined, outcome: failureOf(error) }),
);
const { file } = opened;
if (file !== undefined) {
  port.on('message', ({ method, args }: Question) => {
    answer(() => Reflect.apply(file[method], file, args));
  });
}
parentPort!.postMessage(opened.outcome);

function answer(action: () => unknown): void {
  const message = outcomeOf(action);
  const isBlock = 'result' in message && message.result instanceof Uint8Array;
  port.postMessage(message, isBlock ? [(message.result as Uint8Array<ArrayBuffer>).buffer] : []);
  Atomics.store(bell, 0, 1);
  Atomics.notify(bell, 0);
}

function outcomeOf(action: () => unknown): Answer {
  try {
    return { result: action() };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Answer {
  const { cause } = error as { cause?: unknown };
  return { error: messageOf(error), complaint: cause === undefined ? '' : messageOf(cause) };
}
