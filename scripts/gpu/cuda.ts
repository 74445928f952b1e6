// CUDA on the machine of the GPU check: the provider from the parts that were carried, NVIDIA's libraries from Python.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { globSync } from 'glob';
import { messageOf } from '../../src/errors.js';
import { setup } from '../../src/pipeline/setup.js';
import { joinParts } from './parts.js';

/** Where things lie. */
export interface Places {
  /** The folder that was carried. */
  readonly here: string;
  /** Where everything is kept. */
  readonly work: string;
  /** What was unpacked. */
  readonly program: string;
}

/** Sets CUDA up. @returns why it is not, in plain words */
export async function prepareCuda({ here, work, program }: Places): Promise<string | undefined> {
  const { name, ...parts } = JSON.parse(await readFile(join(program, 'parts.json'), 'utf8'));
  const from = join(work, 'cuda-libraries');
  await mkdir(from, { recursive: true });
  const target = join(from, name);
  const kept = join(work, 'parts');
  const missing = await joinParts(parts, { from: [here, join(here, 'parts')], kept, target });
  if (missing !== undefined) {
    const lists = [
      missing.missing.length > 0 && `missing: ${missing.missing.join(', ')}`,
      missing.damaged.length > 0 && `damaged: ${missing.damaged.join(', ')}`,
    ].filter(Boolean);
    return `the CUDA provider has not arrived whole (${lists.join('; ')}). Put them into ${kept}, one after the other, and run again`;
  }
  for (const library of findLibraries()) {
    const link = join(from, basename(library));
    await rm(link, { force: true });
    await symlink(library, link);
  }
  try {
    await setup({ cuda: true, from });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** NVIDIA's, of the Pythons here or of a CUDA that is installed. */
function findLibraries(): string[] {
  const script = 'import sys; print("\\n".join(path for path in sys.path if path))';
  const paths = ['python3', 'python'].flatMap(python => {
    const { stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
    return stdout?.trim().split('\n').filter(Boolean) ?? [];
  });
  const folders = [...new Set(paths)].map(path => `${path}/nvidia/*/lib`);
  const names = 'lib{cudart,cublas,cublasLt,curand,nvrtc,nvrtc-builtins,cudnn*}.so.*';
  return globSync([...folders, '/usr/local/cuda*/lib64'].map(folder => `${folder}/${names}`)).sort();
}
