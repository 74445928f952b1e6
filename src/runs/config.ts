// config.yaml of a run: what `finetune train --config` takes to repeat it.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { dump } from 'js-yaml';
import { flagOf, type RawOptions } from '../options.js';

/** Where the run went, and how it came there, is no part of what is repeated. */
const leftOut: readonly string[] = ['out', 'force', 'resume', 'config'];

/** Options that name files and folders, wherever the command is given again. */
const paths: readonly string[] = ['data', 'store', 'exclude'];

/**
 * Renders the options of a training, by their names on the command line.
 * @param options settled; the backbone is the one that was taken
 */
export function renderConfig(options: RawOptions): string {
  const entries = Object.entries(options)
    .filter(([name, value]) => value !== undefined && !leftOut.includes(name))
    .map(([name, value]) => [flagOf(name).slice(2), absolute(name, value)] as const);
  return `# What this run was trained with; this repeats it: finetune train --config FILE\n${dump(Object.fromEntries(entries))}`;
}

function absolute(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return paths.includes(name) || (name === 'backbone' && isPath(value)) ? resolve(value) : value;
}

/** A name is looked up anywhere; the topology of a user's own is a file. */
function isPath(backbone: string): boolean {
  return /[/\\]/.test(backbone) || statSync(backbone, { throwIfNoEntry: false })?.isFile() === true;
}
