// The thread in which an HDF5 file is read: opens it, then serves requests one by one.

import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../errors.js';
import type { Reply, Request, WorkerSettings } from './file.js';
import { openLocalHdf5 } from './local-file.js';

const { range, label, port, bell }: WorkerSettings = workerData;

const opened = await openLocalHdf5(range, label).then(
  file => ({ file, outcome: { result: undefined } }),
  (error: unknown) => ({ file: undefined, outcome: failureOf(error) }),
);
const { file } = opened;
if (file !== undefined) {
  port.on('message', ({ method, args }: Request) => {
    reply(() => Reflect.apply(file[method], file, args));
  });
}
parentPort?.postMessage(opened.outcome);

function reply(action: () => unknown): void {
  const message = outcomeOf(action);
  const buffer =
    'result' in message && message.result instanceof Uint8Array ? message.result.buffer : undefined;
  port.postMessage(message, buffer instanceof ArrayBuffer ? [buffer] : []);
  Atomics.store(bell, 0, 1);
  Atomics.notify(bell, 0);
}

function outcomeOf(action: () => unknown): Reply<unknown> {
  try {
    return { result: action() };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown) {
  const cause = error instanceof Error ? error.cause : undefined;
  return { error: messageOf(error), complaint: cause === undefined ? '' : messageOf(cause) };
}
