// The fuzzer of the parsers, for a moment each; by hand it runs for as long as one likes.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fuzz } from '../../scripts/fuzz/execute.js';
import { parsers } from '../../scripts/fuzz/parsers.js';
import { FinetuneError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-fuzz-'));
after(() => rmSync(folder, { recursive: true }));

for (const parser of parsers) {
  test(`damaged files of ${parser.name} give an error with a message, soon, and nothing else`, async () => {
    const result = await fuzz(parser, { folder, seed: 1, seconds: 60, executions: 40 });
    assert.deepEqual(result, { executions: 40, findings: [] });
  });
}

test('the fuzzer finds what is thrown, a prototype that changes, and files where none belong', async () => {
  const faults = [
    () => assert.fail('a bug'),
    () => Object.defineProperty(Object.prototype, 'polluted', { value: true, configurable: true }),
    (input: string) => writeFileSync(join(input, '../escaped'), ''),
    () => {
      throw new FinetuneError('bad-model', 'Right so.');
    },
  ];
  const found: number[] = [];
  for (const read of faults) {
    const parser = { name: 'made', seeds: async () => [{ a: Buffer.from('a') }], damage: () => ({}), read };
    const { findings } = await fuzz(parser, { folder, seed: 1, seconds: 60, executions: 1 });
    found.push(findings.length);
    Reflect.deleteProperty(Object.prototype, 'polluted');
    rmSync(join(folder, 'escaped'), { force: true });
  }
  assert.deepEqual(found, [1, 1, 1, 0]);
});
