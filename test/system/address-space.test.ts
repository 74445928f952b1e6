import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  addressSpaceFor,
  addressSpaceForThreads,
  addressSpaceLimit,
} from '../../src/system/address-space.js';

const header = 'Limit                     Soft Limit           Hard Limit           Units     \n';
const cases: readonly (readonly [string, string, number])[] = [
  [
    'a limit',
    `${header}Max address space         1048576000           unlimited            bytes     \n`,
    1048576000,
  ],
  [
    'no limit',
    `${header}Max address space         unlimited            unlimited            bytes     \n`,
    Infinity,
  ],
  ['another system', '', Infinity],
];

for (const [title, text, expected] of cases) {
  test(title, t => {
    const dir = mkdtempSync(join(tmpdir(), 'finetune-limits-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const file = join(dir, 'limits');
    writeFileSync(file, text);
    assert.equal(addressSpaceLimit(file), expected);
  });
}

test('a process that cannot be asked counts as unlimited', () => {
  assert.equal(addressSpaceLimit('/nowhere/limits'), Number.POSITIVE_INFINITY);
});

test('training needs room for threads and the engine, predicting and the rest do not', () => {
  assert.equal(addressSpaceFor('predict'), addressSpaceFor(undefined));
  assert.ok(addressSpaceFor('predict') < addressSpaceForThreads());
  assert.ok(addressSpaceFor('train') > addressSpaceForThreads());
});
