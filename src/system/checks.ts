// What the machine itself offers.

import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { Check } from './check.js';

/** The oldest Node that this program runs on. */
const oldestNode = [20, 19] as const;

/** Vector extensions that the runtimes use, widest first, as Linux names them. */
const vectorExtensions = [
  'amx_int8',
  'avx512_vnni',
  'avx512f',
  'avx_vnni',
  'avx2',
  'fma',
  'avx',
  'asimddp',
  'asimd',
];

/** VGG16 at batch 32 and the operating system, in bytes. */
const littleMemory = 2 * 1024 ** 3;

/** Whether this Node can run the program. */
export function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const old = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  return {
    name: 'Node',
    finding: `${process.versions.node} on ${process.platform}-${process.arch}`,
    details: { version: process.versions.node, platform: process.platform, architecture: process.arch },
    ...(old && {
      problem: 'This Node is too old.',
      remedy: `Install Node ${oldestNode.join('.')} or later.`,
    }),
  };
}

/** How many processors there are, of which kind, with which vector extensions. */
export function checkProcessors(): Check {
  const { count, model, extensions } = findProcessors();
  const slow = process.arch === 'x64' && extensions !== undefined && !extensions.includes('avx2');
  return {
    name: 'Processors',
    finding: describeProcessors(),
    details: { count, model, extensions },
    ...(slow && {
      problem: 'Without AVX2 everything is several times slower.',
      remedy: "On a virtual machine, let the guest see the host's processor.",
    }),
  };
}

/** `2 x Intel(R) Xeon(R) Processor (avx512_vnni, avx2, fma)`: what speed, and the last digits of results, depend on. */
export function describeProcessors(): string {
  const { count, model, extensions } = findProcessors();
  return `${count} x ${model}${extensions?.length ? ` (${extensions.join(', ')})` : ''}`;
}

function findProcessors() {
  return {
    count: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? 'unknown',
    extensions: findExtensions(),
  };
}

/** How much memory is free. */
export function checkMemory(): Check {
  const [total, free] = [totalmem(), freemem()];
  return {
    name: 'Memory',
    finding: `${inGigabytes(free)} of ${inGigabytes(total)} free`,
    details: { total, free },
    ...(free < littleMemory && {
      problem: 'Little memory is free.',
      remedy: 'Close other programs, or train with a smaller --batch-size and --input-shape.',
    }),
  };
}

/** `1.5 GB` */
export function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Undefined where the operating system does not say. */
function findExtensions(): string[] | undefined {
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m
      .exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]
      ?.split(/\s+/);
    return vectorExtensions.filter(each => flags?.includes(each));
  } catch {
    return undefined;
  }
}
