// The side of an HDF5 file that reads it: opens it, then serves requests at a port, one by one.

import { messageOf } from '../../../errors.js';
import type { Reply, Request, WorkerSettings } from './file.js';
import { openLocalHdf5 } from './local-file.js';

/**
 * Opens a file and serves it until the port is closed.
 * @returns what came of opening it
 */
export async function serveHdf5({ range, label, port, bell }: WorkerSettings): Promise<Reply<undefined>> {
  try {
    const file = await openLocalHdf5(range, label);
    port.on('message', ({ method, args }: Request) => {
      reply({ port, bell }, () => Reflect.apply(file[method], file, args));
    });
    return { result: undefined };
  } catch (error) {
    return failureOf(error);
  }
}

function reply({ port, bell }: Pick<WorkerSettings, 'port' | 'bell'>, action: () => unknown): void {
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
