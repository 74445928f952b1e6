// What a machine lacks for CUDA, and what the errors of those mean that try it all the same.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explainCuda } from '../../../src/inference/cuda/explain.js';
import {
  adviseSetup,
  type CudaMachine,
  findObstacle,
  parseDriver,
} from '../../../src/inference/cuda/requirements.js';

describe('What a machine lacks for CUDA', () => {
  const gpu = { name: 'NVIDIA L4', memory: 1, freeMemory: 1, driver: '580.65.06', computeCapability: 8.9 };
  const machine: CudaMachine = { platform: 'linux-x64', isSupported: true, driver: '580.65.06', gpus: [gpu] };
  for (const [title, changed, expected] of [
    ['is nothing with a current driver and GPU', {}, undefined],
    [
      'is nothing that is known where the driver does not tell its version',
      { driver: '', gpus: [] },
      undefined,
    ],
    [
      'is Linux',
      { platform: 'darwin-arm64', isSupported: false },
      /^CUDA is for Linux on x64; this is darwin-arm64/,
    ],
    [
      'is a driver',
      { driver: undefined, gpus: [] },
      /^there is no NVIDIA driver here\. CUDA 13 needs version 580/,
    ],
    [
      'is a newer driver',
      { driver: '550.54.15' },
      /^the NVIDIA driver 550\.54\.15 is too old: CUDA 13 needs/,
    ],
    [
      'is a newer GPU',
      { gpus: [{ ...gpu, name: 'Tesla V100', computeCapability: 7 }] },
      /^the Tesla V100 is too old: it has compute capability 7, CUDA 13 needs 7\.5 or later \(Turing\)$/,
    ],
  ] as const) {
    test(title, () => {
      const found = findObstacle({ ...machine, ...changed });
      if (expected === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', expected);
    });
  }

  test('where libraries are missing, the advice is to set them up only if that would help', () => {
    assert.match(adviseSetup(machine), /`finetune setup --cuda` does that/);
    assert.match(adviseSetup({ ...machine, driver: undefined, gpus: [] }), /^there is no NVIDIA driver here/);
  });
});

test("the driver's version is read from what the kernel's module says", () => {
  const text =
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12';
  assert.equal(parseDriver(text), '550.54.15');
  assert.equal(parseDriver('nothing of the kind'), '');
});

describe("What CUDA's errors mean", () => {
  const inSource = '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:146 CudaCall(...) ';
  for (const [message, expected] of [
    [
      'libcuda.so.1: cannot open shared object file: No such file',
      'there is no NVIDIA driver here (libcuda.so.1 is missing)',
    ],
    [
      `${inSource}CUDA failure 35: CUDA driver version is insufficient ; GPU=-1`,
      'the NVIDIA driver is older than CUDA 13 needs (580)',
    ],
    [`${inSource}CUDA failure 100: no CUDA-capable device ; GPU=0`, 'the NVIDIA driver sees no GPU'],
    [`${inSource}CUDA failure 2: out of memory ; GPU=0`, 'the GPU has too little memory free'],
    [
      `${inSource}CUDA failure 719: unspecified launch failure ; GPU=0`,
      'CUDA failure 719: unspecified launch failure',
    ],
    ['libfoo.so.1: invalid ELF header', 'libfoo.so.1: invalid ELF header'],
  ] as const) {
    test(expected, () => assert.equal(explainCuda(message), expected));
  }
});
