// finetune setup: installs CUDA's libraries or the TensorFlow engine on this machine, or takes them away again.

import { type SetupResult, setup, setupOptions } from '../pipeline/setup.js';
import { wrap } from '../report/wrap.js';
import { renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Makes GPUs and TensorFlow work. */
export const command: Command = {
  options: { ...setupOptions, json },
  examples: [
    ['setup --cuda', 'the base, predict and evaluate on NVIDIA GPUs'],
    ['setup --tensorflow', 'training on TensorFlow, by the first way that works here'],
    ['setup --remove', 'undo both'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, setupOptions, { json });
    const result = await setup(options, program.callbacks);
    await program.print(printing.json ? `${renderJson(result)}\n` : renderResult(result));
    const { cuda, tensorflow } = result;
    if (tensorflow !== undefined) program.say('Next: finetune train --data DIR --engine tensorflow\n');
    else if (cuda !== undefined) program.say('Next: finetune bench --device cuda,cpu\n');
    else program.say('Next: finetune doctor\n');
    return 0;
  },
};

function renderResult({ cuda, tensorflow, removed }: SetupResult): string {
  const lines = [
    cuda && renderCuda(cuda),
    tensorflow && renderTensorflow(tensorflow),
    removed && renderRemoved(removed),
  ];
  return lines
    .filter(line => line !== undefined)
    .map(line => `${wrap(line)}\n`)
    .join('');
}

function renderCuda(setup: NonNullable<SetupResult['cuda']>): string {
  const { directory, wasInstalled, onnxruntime, gpus, obstacle } = setup;
  const found =
    obstacle === undefined
      ? `It computes on ${gpus.join(', ') || 'the GPU'} what the CPU computes.`
      : `It cannot be used on this machine: ${obstacle}.`;
  return (
    `ONNX Runtime ${onnxruntime}'s part for CUDA ${wasInstalled ? 'was' : 'is now'} in ${directory}.\n` +
    `${found}\nfinetune setup --cuda --remove undoes it.`
  );
}

const ways = {
  installed: 'it worked already',
  prebuilt: 'with the official prebuilt library',
  built: 'built here against the library that PyPI ships',
};

function renderTensorflow(setup: NonNullable<SetupResult['tensorflow']>): string {
  const { way, device, version, directory, bytes, seconds } = setup;
  return (
    `The tensorflow engine works on ${device === 'cuda' ? 'CUDA' : 'the CPU'}: TensorFlow ${version}, ${ways[way]}.\n` +
    `${megabytes(bytes)} in ${directory}, ${seconds.toFixed(1)} s. finetune setup --tensorflow --remove undoes it.`
  );
}

function renderRemoved({ removed, bytes, kept }: NonNullable<SetupResult['removed']>): string {
  const left =
    kept.length === 0 ? '' : `\nLeft, since it is not as this program wrote it: ${kept.join(', ')}.`;
  if (removed.length === 0) return `There was nothing to remove.${left}`;
  return `Removed ${megabytes(bytes)}: ${removed.join(', ')}.${left}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
