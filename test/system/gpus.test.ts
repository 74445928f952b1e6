// The GPUs that the driver's tool reports.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseGpu } from '../../src/system/gpus.js';

test("a line of nvidia-smi is a GPU, a driver's complaint is none", () => {
  assert.deepEqual(parseGpu('NVIDIA H200, 143771, 143158, 550.54.15, 9.0'), [
    {
      name: 'NVIDIA H200',
      memory: 143771 * 2 ** 20,
      freeMemory: 143158 * 2 ** 20,
      driver: '550.54.15',
      computeCapability: 9,
    },
  ]);
  assert.deepEqual(
    parseGpu("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."),
    [],
  );
});
