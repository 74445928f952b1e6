// ONNX Runtime and its CUDA provider, which it looks for beside its own library, brought together from two folders: npm's,
// which every installation empties, and the one that `finetune setup --cuda` made.
//
// ONNX Runtime asks the system's loader from which path its library came. So the library is loaded first, by way of a
// link in the other folder; when npm's addon asks for it by name, it is in memory already. The file is the same.

import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../errors.js';
import { explainCuda } from './explain.js';
import { nvidiaLibraries } from './packages.js';
import { type CudaPlace, findCuda, isRuntimeLink, linkOf, runtimeLibrary, runtimeName } from './place.js';
import { adviseSetup, examineMachine } from './requirements.js';

/** glibc's RTLD_NODELETE, which Node has no name for: Node closes what is no addon of its own, and it has to stay. */
const stays = 0x1000;

/** Before ONNX Runtime is loaded; where CUDA is not set up, nothing happens. */
export function prepareRuntime(): void {
  const place = findCuda();
  if (place === undefined) return;
  try {
    loadLibrary(linkRuntime(place));
  } catch {
    // Without it ONNX Runtime loads from npm's folder, and CUDA says that its provider is missing.
  }
}

/**
 * Loads what ONNX Runtime needs for a session on CUDA.
 * @throws Error with the reason why CUDA cannot be used
 */
export async function loadCuda(): Promise<void> {
  const place = findCuda();
  if (place === undefined) throw new Error(adviseSetup(await examineMachine()));
  const present = readdirSync(place.directory);
  const nvidia = nvidiaLibraries.map(beginning => {
    const found = present.find(name => name.startsWith(beginning));
    if (found !== undefined) return join(place.directory, found);
    throw new Error(`${beginning}* is missing in ${place.directory}. \`finetune setup --cuda\` mends it`);
  });
  try {
    // The driver's own, from where the system has it. The provider itself ONNX Runtime has to load: the provider asks for
    // its host while it is loaded, and keeps the answer.
    for (const library of ['libcuda.so.1', ...nvidia]) loadLibrary(library);
  } catch (error) {
    throw new Error(explainCuda(messageOf(error)), { cause: error });
  }
}

/** @throws Error with what the system's loader says */
function loadLibrary(path: string): void {
  const { RTLD_LAZY } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_LAZY | stays);
  } catch (error) {
    // It is loaded, and is no addon.
    if (/did not self-register/.test(messageOf(error))) return;
    throw error;
  }
}

/**
 * The link follows whichever installation runs: another one's may be gone.
 * @throws Error where something else than such a link is in its place
 */
function linkRuntime({ directory }: CudaPlace): string {
  const [link, target] = [join(directory, runtimeName), runtimeLibrary()];
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) {
    symlinkSync(target, link);
    return link;
  }
  if (!isRuntimeLink(link)) throw new Error(`${link} is not as this program wrote it`);
  if (linkOf(link) === target) return link;
  const temporary = `${link}.${randomUUID()}`;
  symlinkSync(target, temporary);
  renameSync(temporary, link);
  return link;
}
