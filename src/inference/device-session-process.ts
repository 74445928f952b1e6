// The process that runs a network on a device. It may crash.

import { answerParent } from '../system/child-process.js';
import type { ImageBatch } from './batch.js';
import type { Declared, ModelOnDevice } from './device-session.js';
import { openSession, type Session } from './session.js';

let session: Session | undefined;

answerParent(async (question: ModelOnDevice | ImageBatch) => {
  if ('model' in question) return open(question);
  return session?.run(question.input, question.shape);
});

async function open({ model, device }: ModelOnDevice): Promise<Declared> {
  session = await openSession(model, { device });
  const { inputShape, outputShape } = session;
  return { inputShape, outputShape };
}
