// The process that child-process.test.ts asks.
import { answerParent } from '../../src/system/child-process.js';

await answerParent(async (question: string) => {
  if (question === 'fail') throw new Error('no answer to that');
  if (question === 'die') process.kill(process.pid, 'SIGKILL');
  if (question === 'wait') {
    process.send?.('at work');
    await new Promise(resolve => setTimeout(resolve, 600_000));
  }
  if (question === 'crash') {
    process.stderr.write('out of luck\n');
    process.exit(3);
  }
  return { asked: question };
});
