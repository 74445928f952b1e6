// Where the libraries for CUDA come from: PyPI, or a folder that the user brings.

import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { globSync } from 'glob';
import { FinetuneError } from '../../errors.js';
import { isClaimed } from '../../system/claimed-folder.js';
import type { Context } from '../../system/context.js';
import { downloadFile } from '../../system/download.js';
import { fileDigest } from '../../system/file-digest.js';
import { type CudaPackage, cudaPackages, provider } from './packages.js';

/** What a package gives: its wheel, or libraries that are unpacked already. */
export type CudaSource =
  | { readonly wheel: string; readonly libraries?: undefined }
  | { readonly wheel?: undefined; readonly libraries: readonly string[] };

/** The file name of a package's wheel. */
export function wheelName({ address }: CudaPackage): string {
  return basename(new URL(address).pathname);
}

/**
 * Downloads a wheel into a folder, unless it is there whole; goes on where an earlier download broke off.
 * @throws FinetuneError `download-failed`, telling what else can be done
 */
export async function downloadWheel(
  each: CudaPackage,
  folder: string,
  { emit, signal }: Context,
): Promise<CudaSource> {
  const wheel = join(folder, wheelName(each));
  const { address, sha256, bytes } = each;
  if (existsSync(wheel) && (await fileDigest(wheel, 'sha256')) === sha256) return { wheel };
  if (isClaimed(folder)) await rm(wheel, { force: true });
  emit({ type: 'setup', step: `downloading ${each.name} ${each.version}` });
  try {
    await downloadFile([address], wheel, {
      ...{ sha256, bytes, signal },
      onProgress: (done, total) => emit({ type: 'download', source: address, done, total }),
    });
  } catch (error) {
    if (!(error instanceof FinetuneError) || error.code !== 'download-failed') throw error;
    const message = `${error.message} ${whatElse}`;
    throw new FinetuneError('download-failed', message, { cause: error, lines: pipLines() });
  }
  return { wheel };
}

/** What somebody does whose machine does not reach PyPI. */
const whatElse =
  'The same command goes on from here; HTTPS_PROXY names a proxy. Where PyPI is out of reach, take this machine the ' +
  'wheels on another way, and say finetune setup --cuda --from FOLDER:';

function pipLines(): string[] {
  const packages = cudaPackages.map(({ name, version }) => `${name}==${version}`);
  const lines = [...pipCommand, ...packages].map((line, i) => `${i === 0 ? '    ' : '      '}${line}`);
  return ['', ...lines.join(' \\\n').split('\n'), ''];
}

const pipCommand = [
  'pip download --dest FOLDER --no-deps --only-binary=:all: --python-version 3.12',
  '--platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64',
  '--platform manylinux_2_17_x86_64 --platform manylinux_2_12_x86_64',
];

/**
 * Finds what a package gives in a folder: its wheel at the top, or its libraries anywhere below, as Python has them.
 * @throws FinetuneError `not-found` where it gives neither; `bad-weights` where a file is not the published one
 */
export async function findGiven(each: CudaPackage, folder: string): Promise<CudaSource> {
  const wheel = join(folder, wheelName(each));
  if (existsSync(wheel)) {
    await validateContent(wheel, each.sha256);
    return { wheel };
  }
  const libraries = each.libraries.flatMap(beginning => {
    const found = globSync(`**/${beginning}*`, { cwd: folder, absolute: true, nodir: true }).sort();
    // One of each name: Python may have several packages that bring the same.
    return [...new Map(found.map(path => [basename(path), path])).values()];
  });
  const missing = each.libraries.find(name => !libraries.some(path => basename(path).startsWith(name)));
  if (missing !== undefined) {
    throw new FinetuneError(
      'not-found',
      `${folder} holds neither ${wheelName(each)} nor a library ${missing}*. Expected the wheels of ` +
        `${cudaPackages.map(({ name, version }) => `${name} ${version}`).join(', ')}, or a folder into which they are ` +
        'unpacked, such as the site-packages of a Python.',
    );
  }
  for (const path of libraries) {
    const expected = provider.files[basename(path)];
    if (expected !== undefined) await validateContent(path, expected);
  }
  return { libraries };
}

async function validateContent(path: string, sha256: string): Promise<void> {
  const found = await fileDigest(path, 'sha256');
  if (found === sha256) return;
  throw new FinetuneError(
    'bad-weights',
    `${path} (${statSync(path).size} bytes) is not the file that PyPI publishes: its sha-256 is ${found}, ` +
      `expected is ${sha256}. Download it again.`,
  );
}
