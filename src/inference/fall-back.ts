// A session on a device that may fail: from then on the CPU does the work.

import { messageOf } from '../errors.js';
import { type ImageBatch, joinOutputs, partOf, type SessionOutput } from './batch.js';
import type { Session } from './session.js';

/** What takes a device's place. */
export interface Replacement {
  /** Opens the same network on the CPU. */
  readonly onCpu: () => Promise<Session>;
  /** Hears once of why the device was given up. */
  readonly warn: (reason: string) => void;
}

/**
 * The batch that failed runs on the CPU, too: nothing is lost. What fails there as well is thrown. Image by image, since a
 * device's batches would take the CPU seconds and a gigabyte.
 */
export function withFallBack(session: Session, { onCpu, warn }: Replacement): Session {
  let replaced: Promise<Session> | undefined;
  const replace = (error: unknown): Promise<Session> => {
    warn(messageOf(error));
    return onCpu();
  };
  return {
    ...session,
    async run(input, shape) {
      if (replaced !== undefined) return runOneByOne(await replaced, { input, shape });
      try {
        return await session.run(input, shape);
      } catch (error) {
        replaced ??= replace(error);
        return runOneByOne(await replaced, { input, shape });
      }
    },
    async release() {
      await session.release();
      await (await replaced?.catch(() => undefined))?.release();
    },
  };
}

async function runOneByOne(session: Session, batch: ImageBatch): Promise<SessionOutput> {
  const [count] = batch.shape;
  const outputs: SessionOutput[] = [];
  for (let i = 0; i < count; i++) {
    const { input, shape } = partOf(batch, i, 1);
    outputs.push(await session.run(input, shape));
  }
  return joinOutputs(outputs, count);
}
