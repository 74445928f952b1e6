// The native libraries that npm installs: each is loaded, since a wrong binary fails only then.

import { messageOf } from '../errors.js';
import type { Check } from '../system/check.js';
import { versions } from '../system/versions.js';

/** Whether the image decoder loads. */
export async function checkSharp(): Promise<Check> {
  return checkLibrary('Image decoder', 'sharp', async () => {
    const { default: sharp } = await import('sharp');
    const { versions: own } = sharp;
    return {
      finding: `sharp ${own.sharp}, libvips ${own.vips}`,
      details: { sharp: own.sharp, libvips: own.vips },
    };
  });
}

/** Whether ONNX Runtime loads, and what it runs on. */
export async function checkOnnxRuntime(): Promise<Check> {
  return checkLibrary('Runtime', 'onnxruntime-node', async () => {
    const { listSupportedBackends } = await import('onnxruntime-node');
    const providers = listSupportedBackends()
      .filter(each => each.bundled)
      .map(each => each.name);
    const version = versions()['onnxruntime-node'];
    return {
      finding: `ONNX Runtime ${version} (${providers.join(', ')})`,
      details: { version, providers },
    };
  });
}

async function checkLibrary(
  name: string,
  library: string,
  load: () => Promise<Pick<Check, 'finding' | 'details'>>,
): Promise<Check> {
  try {
    return { name, ...(await load()) };
  } catch (error) {
    return {
      name,
      finding: 'does not load',
      details: { error: messageOf(error) },
      problem: messageOf(error).split('\n')[0],
      remedy: `Install it for this machine: npm install --cpu=${process.arch} --os=${process.platform} ${library}`,
    };
  }
}
