// The process that runs a network on a device. It may crash.

import { elementCount } from '../network/source.js';
import { answerParent } from '../system/child-process.js';
import type { ImageBatchShape } from './batch.js';
import type { Declared, ModelOnDevice } from './device-session.js';
import { FloatFile } from './float-file.js';
import { openSession, type Session } from './session.js';

interface Open {
  readonly session: Session;
  readonly images: FloatFile;
  readonly outputs: FloatFile;
}

let opened: Open | undefined;
/** What a batch is read into: used again and again, since memory that is new to the process takes as long as reading. */
let memory = new Float32Array();

answerParent(async (question: ModelOnDevice | ImageBatchShape) =>
  'model' in question ? open(question) : run(question),
);

async function open({ model, device, images, outputs }: ModelOnDevice): Promise<Declared> {
  const session = await openSession(model, { device });
  opened = {
    session,
    images: await FloatFile.open(images, 'r'),
    outputs: await FloatFile.open(outputs, 'r'),
  };
  const { inputShape, outputShape } = session;
  return { inputShape, outputShape };
}

/** @returns the shape of the outputs, which lie in their file */
async function run(shape: ImageBatchShape): Promise<readonly number[]> {
  if (opened === undefined) throw new Error('No network is open.');
  const { session, images, outputs } = opened;
  const count = elementCount(shape);
  if (memory.length < count) memory = new Float32Array(count);
  const input = memory.subarray(0, count);
  await images.read(input);
  const output = await session.run(input, shape);
  await outputs.write(output.data);
  return output.shape;
}
