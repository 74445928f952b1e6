// finetune setup: installs the TensorFlow engine on this machine, or takes it away again.

import { FinetuneError } from '../errors.js';
import { resolveOptions, setupOptions } from '../options.js';
import { removeEngine, type SetupResult, setupEngine } from '../pipeline/setup.js';
import { showEventsOn } from '../report/terminal.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: setupOptions,
  examples: [
    ['setup', 'by the first way that works here'],
    ['setup --remove', 'undo it'],
  ],
  async run(flags) {
    const { cuda, cpu, remove, json } = resolveOptions(setupOptions, flags);
    if (cuda && cpu)
      throw new FinetuneError('bad-option', '--cuda and --cpu exclude each other: choose one.');
    if (remove) {
      const removed = await removeEngine();
      process.stdout.write(json ? `${JSON.stringify(removed)}\n` : renderRemoved(removed));
      return 0;
    }
    const device = cuda ? 'cuda' : cpu ? 'cpu' : undefined;
    const result = await setupEngine({ device }, showEventsOn(process.stderr));
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : renderResult(result));
    process.stderr.write('Next: finetune train --data DIR --engine tensorflow\n');
    return 0;
  },
};

const ways = {
  installed: 'it worked already',
  prebuilt: 'with the official prebuilt library',
  built: 'built here against the library that PyPI ships',
};

function renderResult({ way, device, version, directory, bytes, seconds }: SetupResult): string {
  return (
    `The tensorflow engine works on ${device === 'cuda' ? 'CUDA' : 'the CPU'}: TensorFlow ${version}, ${ways[way]}.\n` +
    `${megabytes(bytes)} in ${directory}, ${seconds.toFixed(1)} s. finetune setup --remove undoes it.\n`
  );
}

function renderRemoved({ removed, bytes }: { removed: readonly string[]; bytes: number }): string {
  if (removed.length === 0) return 'There was nothing to remove.\n';
  return `Removed ${megabytes(bytes)}: ${removed.join(', ')}.\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
