// TensorFlow's library as PyPI ships it: downloaded by pip, which knows the user's mirrors, proxies and certificates.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../../system/make-folder.js';
import { findProgram, runProgram } from '../../../system/run-program.js';
import { readWheelText } from '../../../system/unpack-wheel.js';

/** The version that the addon's sources are known to compile and to work with. */
export const tensorflowVersion = '2.21.0';

const pips = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['py', '-m', 'pip']] as const;

/** Half an hour: the CUDA libraries are 3 GB. */
const downloadSeconds = 1800;

interface Pip {
  readonly command: readonly [string, ...string[]];
  /** Where the wheels go. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/**
 * Downloads the wheels of TensorFlow for this machine. One that is there already is not downloaded again.
 * @returns paths of wheels, TensorFlow's own first
 * @throws Error when pip is missing or cannot download
 */
export async function downloadWheels(
  device: 'cpu' | 'cuda',
  directory: string,
  signal: AbortSignal,
): Promise<string[]> {
  const found = await findProgram(pips, signal);
  if (found === undefined)
    throw new Error('pip is missing. On Debian and Ubuntu: apt-get install python3-pip');
  makeFolder(directory);
  const pip: Pip = { command: found, directory, signal };
  const name = wheelName(device);
  const [tensorflow] = await downloadOnce(pip, [`${name}==${tensorflowVersion}`]);
  if (tensorflow === undefined) throw new Error(`pip downloaded no wheel of ${name} ${tensorflowVersion}.`);
  if (device === 'cpu') return [tensorflow];
  return [tensorflow, ...(await downloadOnce(pip, await cudaRequirements(tensorflow)))];
}

/** For 64-bit Arm there is one wheel, which is for the CPU. */
function wheelName(device: 'cpu' | 'cuda'): string {
  return device === 'cpu' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
}

/** The libraries that `pip install tensorflow[and-cuda]` adds, with the versions that this wheel asks for. */
async function cudaRequirements(wheel: string): Promise<string[]> {
  const metadata = await readWheelText(wheel, /^[^/]+\.dist-info\/METADATA$/);
  return metadata
    .split('\n')
    .filter(line => /^Requires-Dist: nvidia-.*extra == ['"]and-cuda['"]/.test(line))
    .map(line =>
      line
        .slice('Requires-Dist: '.length)
        .split(';')[0]!
        .replace(/[\s()]/g, ''),
    );
}

async function downloadOnce(pip: Pip, requirements: readonly string[]): Promise<string[]> {
  const { directory } = pip;
  const wanted = requirements.map(each => each.split(/[<>=!~]/)[0]!);
  const present = await wheelsOf(wanted, directory);
  if (present.length === wanted.length) return present;
  await download(pip, requirements);
  return wheelsOf(wanted, directory);
}

async function wheelsOf(names: readonly string[], directory: string): Promise<string[]> {
  const files = await readdir(directory);
  return names.flatMap(name => {
    const file = files.find(
      each => each.startsWith(`${name.replaceAll('-', '_')}-`) && each.endsWith('.whl'),
    );
    return file === undefined ? [] : [join(directory, file)];
  });
}

/** By the local Python's version, else by any that has a wheel: nothing of Python in it is used. */
async function download(
  { command: [command, ...first], directory, signal }: Pip,
  requirements: readonly string[],
): Promise<void> {
  const common = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--dest', directory];
  const run = (extra: readonly string[]) =>
    runProgram(command, [...first, 'download', ...common, ...extra, ...requirements], {
      timeoutSeconds: downloadSeconds,
      signal,
    });
  try {
    await run([]);
  } catch (error) {
    if (!/no matching distribution/i.test(String(error))) throw error;
    await run(['--python-version', '3.12', ...platforms().flatMap(each => ['--platform', each])]);
  }
}

function platforms(): string[] {
  const processor = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return ['manylinux_2_28', 'manylinux_2_27', 'manylinux_2_17', 'manylinux2014'].map(
    each => `${each}_${processor}`,
  );
}
