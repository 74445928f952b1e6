// Numbers on their way from one process to another.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { FloatFile } from '../../src/inference/float-file.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-floats-'));
after(() => rmSync(folder, { recursive: true }));

test('whoever opens the file reads the numbers that were written last, from whatever part of an array', async () => {
  const path = join(folder, 'floats');
  const [writer, reader] = [await FloatFile.open(path, 'w'), await FloatFile.open(path, 'r')];
  const read = async (count: number) => {
    const target = new Float32Array(count);
    await reader.read(target);
    return [...target];
  };
  await writer.write(Float32Array.of(1, 2, 3));
  assert.deepEqual(await read(3), [1, 2, 3]);
  await writer.write(Float32Array.of(7, 8, 9, 10).subarray(1, 3));
  assert.deepEqual(await read(2), [8, 9]);
  await assert.rejects(read(4), /^Error: 3 of 4 numbers have arrived$/);
  await writer.close();
  await reader.close();
});
