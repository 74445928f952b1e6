// What a broken Keras file must come to: one clear error, soon, and nothing left behind.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FinetuneError } from '../../../src/errors.js';
import { convertKerasFile } from '../keras-models.js';

/** The bytes with a few of them changed. */
export function damaged(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(value, at, at + 4);
  return copy;
}

/** Converts a file, which must fail with an error that says how to mend it. */
export async function assertRefused(path: string, message: RegExp): Promise<void> {
  const out = mkdtempSync(join(tmpdir(), 'finetune-'));
  const start = performance.now();
  await assert.rejects(convertKerasFile(path, out), (error: Error) => {
    assert.ok(error instanceof FinetuneError, error.stack);
    assert.match(error.message, message);
    assert.match(error.message, /Expected|Rebuild|damaged/); // how to mend it
    return true;
  });
  assert.deepEqual(readdirSync(out), []);
  assert.ok(performance.now() - start < 20_000);
  assert.ok(process.memoryUsage().rss < 1.2e9);
}
