// Peak memory, of this process and of no other.
import assert from 'node:assert/strict';
import test from 'node:test';
import { askChild } from '../../src/system/child-process.js';
import { readPeakMemory } from '../../src/system/peak-memory.js';

const large = 500e6;

test('memory that was used counts, also after it was given back', () => {
  Buffer.alloc(large, 1);
  assert.ok(readPeakMemory() > large);
});

test("a process' peak does not begin with the size of the process that started it", async () => {
  const held = Buffer.alloc(large, 1);
  const peak = (await askChild(import.meta.url, '../helpers/peak-memory-process', '')) as number;
  assert.ok(peak > 1e6 && peak < held.length, `${peak} bytes`);
});
