// finetune inspect: findings as text or JSON, and files where they are asked for.

import { inspect } from '../pipeline/inspect.js';
import { inspectOptions } from '../pipeline/inspect-options.js';
import { renderInspection } from '../report/inspect.js';
import { wrap } from '../report/wrap.js';
import { quoteWord, renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Looks through a data set. */
export const command: Command = {
  options: { ...inspectOptions, json },
  positional: 'data',
  examples: [
    ['inspect ./pets', 'copies, doubtful labels, damaged and unusual photos'],
    ['inspect ./pets --html pets.html', 'the same as a page with thumbnails'],
    ['inspect ./pets --write-list out.txt', 'and what to leave out: train ./pets --exclude out.txt'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, inspectOptions, { json });
    const found = await inspect(options, program.callbacks);
    await program.print(printing.json ? `${renderJson(found)}\n` : `${renderInspection(found)}\n`);
    if (found.page !== undefined) program.say(wrap(`Wrote ${found.page}: open it in a browser.\n`));
    if (found.list !== undefined)
      program.say(wrap(`Wrote ${found.list}: look through it and take out what is to stay.\n`));
    const left = found.list ?? options.exclude;
    const exclude = left === undefined ? '' : ` --exclude ${quoteWord(left)}`;
    program.say(`Next: finetune train ${quoteWord(found.data)}${exclude}\n`);
    return 0;
  },
};
