// Which device gets a job done soonest.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findSoonest } from '../../src/features/soonest.js';

describe('The device with which a job is done soonest', () => {
  const cpu = { images: 1000, decode: 0.01, base: 0.05 };
  const trial = (imagesPerSecond: number, startSeconds: number) => ({
    imagesPerSecond,
    startSeconds,
  });
  for (const [title, trials, expected] of [
    ['is the CPU where there is no other', {}, 'cpu'],
    ['is a GPU that computes while the processors decode', { webgpu: trial(50, 5) }, 'webgpu'],
    ['is not a GPU that takes longer to start than it spares', { webgpu: trial(50, 41) }, 'cpu'],
    ['is not a GPU that is hardly faster: measuring errs', { webgpu: trial(18, 0) }, 'cpu'],
    ['is the faster one of two', { webgpu: trial(30, 2), coreml: trial(40, 2) }, 'coreml'],
    ['is no faster than decoding', { webgpu: trial(1e6, 3), coreml: trial(100, 1) }, 'coreml'],
  ] as const) {
    test(title, () => assert.equal(findSoonest(cpu, trials), expected));
  }
});
