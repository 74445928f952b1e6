// What CUDA's errors mean for somebody who wants to use it.

import { cudaNeeds } from './packages.js';

const { cuda, driver, computeCapability } = cudaNeeds;

const meanings: readonly (readonly [RegExp, string])[] = [
  [/libcuda\.so\.1: cannot open/, 'there is no NVIDIA driver here (libcuda.so.1 is missing)'],
  [
    /CUDA failure 35\b|driver version is insufficient/,
    `the NVIDIA driver is older than CUDA ${cuda} needs (${driver})`,
  ],
  [/CUDA failure 100\b|no CUDA-capable device/, 'the NVIDIA driver sees no GPU'],
  [/CUDA failure 999\b/, 'the NVIDIA driver does not start: `nvidia-smi` may say more'],
  [
    /CUDA failure 209\b|no kernel image/,
    `CUDA ${cuda} does not know this GPU: it needs compute capability ${computeCapability} or later`,
  ],
  [/CUDA failure 2\b|out of memory/, 'the GPU has too little memory free'],
  [/libz\.so\.1: cannot open/, 'libz.so.1 is missing. On Debian and Ubuntu: apt-get install zlib1g'],
];

/**
 * Says what an error of CUDA or of ONNX Runtime's CUDA provider means.
 * @returns what it means, or the message without the places in ONNX Runtime's source that it begins with
 */
export function explainCuda(message: string): string {
  const known = meanings.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return known[1];
  return /CUDA failure \d+: .*?(?= ;)/.exec(message)?.[0] ?? message.trim();
}
