// The process that child-process.test.ts asks.
import { answerParent } from '../../src/system/child-process.js';

answerParent(async (question: unknown) => {
  if (question === 'fail') throw new Error('no answer to that');
  if (question === 'die') process.kill(process.pid, 'SIGKILL');
  // As native code does that does not come back: nothing else runs on this thread.
  if (question === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (question === 'wait') {
    process.stderr.write('at work\n');
    await new Promise(resolve => setTimeout(resolve, 600_000));
  }
  if (question === 'crash') {
    process.stderr.write('out of luck\n');
    process.exit(3);
  }
  return { asked: question };
});
