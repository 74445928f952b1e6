// Where a new run goes, and what it may replace there.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FinetuneError, refuseOption } from '../errors.js';
import {
  type FolderRules,
  type Inputs,
  type Replacement,
  validatePlace,
  validateReplaceable,
} from '../system/atomic-folder.js';
import { proveRun } from './prove-run.js';

/** Where a run goes. */
export interface RunPlan {
  /** The data folder, after which the run is named unless it is told its folder. */
  readonly data: string;
  readonly out: string | undefined;
  /** Replace the run that is there. */
  readonly force: boolean;
  /** What must not be lost on the way, by the option that names it. */
  readonly inputs: Inputs;
}

/**
 * Decides the folder of a new run: `--out`, else `./runs/<name of the data folder>`, with `-2`, `-3`, ... when taken.
 * Looks now whether it can be written, for a training may take long.
 * @throws FinetuneError `bad-option` when `--out` exists and is not to be replaced, lies in what the training needs, or
 * cannot be written
 */
export async function planRunFolder(plan: RunPlan): Promise<string> {
  const { out, force } = plan;
  const wanted = wantedFolder(plan);
  validateParent(dirname(wanted));
  // Whoever stands in the data folder gets ./runs there.
  validatePlace(wanted, out === undefined ? {} : plan.inputs);
  if (force) await validateReplaceable(wanted, replacementOf(plan));
  return force ? wanted : findFree(wanted, out);
}

/** What happens where the folder of a plan is there already, once the run is to be saved. */
export function folderRules(plan: RunPlan): FolderRules {
  return {
    replacement: plan.force ? replacementOf(plan) : undefined,
    whenTaken: () => findFree(wantedFolder(plan), plan.out),
  };
}

/** The folder that a run would get if nothing were there. */
export function wantedFolder({ data, out }: RunPlan): string {
  return resolve(out ?? join('runs', basename(resolve(data)) || 'data'));
}

function replacementOf({ inputs }: RunPlan): Replacement {
  return { prove: proveRun, inputs };
}

function findFree(wanted: string, out: string | undefined): string {
  if (!existsSync(wanted)) return wanted;
  if (out !== undefined) {
    refuseOption(
      `${out} exists already, and a run is never overwritten. Choose another --out, or say --force to replace it.`,
    );
  }
  let number = 2;
  while (existsSync(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}

/** @throws FinetuneError `bad-option` where no folder can be made below `parent` */
function validateParent(parent: string): void {
  let existing = parent;
  while (!existsSync(existing)) existing = dirname(existing);
  const refuse = (reason: string, cause?: unknown) =>
    new FinetuneError(
      'bad-option',
      `Nothing can be saved in ${parent}: ${existing} ${reason}. Choose another folder with --out.`,
      { cause },
    );
  if (!statSync(existing).isDirectory()) throw refuse('is a file');
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw refuse('is not writable', cause);
  }
}
