// finetune setup: installs the TensorFlow engine on this machine, or takes it away again.

import { flag } from '../option-kinds.js';
import { removeEngine, type SetupResult, setup, setupOptions } from '../pipeline/setup.js';
import { wrap } from '../report/wrap.js';
import { dealOut, json } from './flags.js';
import type { Command } from './registry.js';

const remove = flag('Undo it');

/** Makes the TensorFlow engine work. */
export const command: Command = {
  options: { ...setupOptions, remove, json },
  examples: [
    ['setup', 'by the first way that works here'],
    ['setup --remove', 'undo it'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, setupOptions, { remove, json });
    const show = async <Result>(result: Result, render: (result: Result) => string) =>
      program.print(printing.json ? `${JSON.stringify(result)}\n` : render(result));
    if (printing.remove) {
      await show(await removeEngine(), renderRemoved);
      return 0;
    }
    await show(await setup(options, program.callbacks), renderResult);
    program.say('Next: finetune train --data DIR --engine tensorflow\n');
    return 0;
  },
};

const ways = {
  installed: 'it worked already',
  prebuilt: 'with the official prebuilt library',
  built: 'built here against the library that PyPI ships',
};

function renderResult({ way, device, version, directory, bytes, seconds }: SetupResult): string {
  return wrap(
    `The tensorflow engine works on ${device === 'cuda' ? 'CUDA' : 'the CPU'}: TensorFlow ${version}, ${ways[way]}.\n` +
      `${megabytes(bytes)} in ${directory}, ${seconds.toFixed(1)} s. finetune setup --remove undoes it.\n`,
  );
}

function renderRemoved({ removed, bytes }: { removed: readonly string[]; bytes: number }): string {
  if (removed.length === 0) return 'There was nothing to remove.\n';
  return wrap(`Removed ${megabytes(bytes)}: ${removed.join(', ')}.\n`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
