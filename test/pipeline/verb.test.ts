// What all verbs have in common.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { integer, maybe, text, withDefault } from '../../src/option-kinds.js';
import { streamingVerb, verb } from '../../src/pipeline/verb.js';

const table = {
  data: text('Where', 'a folder'),
  count: withDefault(integer(1, 9, 'How many'), 3),
  config: maybe(text('A file with options', 'a file')),
};

const echo = verb(table, async options => options);
const config = join(mkdtempSync(join(tmpdir(), 'finetune-verb-')), 'config.json');

test('options are completed inside', async () => {
  assert.deepEqual(await echo({ data: 'pets' }), { data: 'pets', count: 3, config: undefined });
});

test('a config file may hold what is missing; what is given wins', async () => {
  writeFileSync(config, '{"data": "photos", "count": 4}');
  assert.deepEqual(await echo({ config }), { data: 'photos', count: 4, config });
  assert.deepEqual(await echo({ config, count: 5 }), { data: 'photos', count: 5, config });
});

test('wrong options reject the promise; nothing is thrown before', async () => {
  const refused = echo({ data: 'pets', count: 10 });
  await assert.rejects(refused, { code: 'bad-option', message: /--count expects/ });
});

test('a verb all of whose options may be left out needs no argument', async () => {
  const count = verb({ to: withDefault(integer(1, 9, 'The last'), 2) }, async ({ to }) => to);
  assert.equal(await count(), 2);
});

const noOptions: readonly unknown[] = [null, 'pets', 7, ['pets']];
for (const given of noOptions) {
  test(`${JSON.stringify(given)} in place of options is refused, with what was received`, async () => {
    await assert.rejects(echo(given as { data: string }), {
      code: 'bad-option',
      message: `Expected an object of options. Received: ${JSON.stringify(given)}.`,
    });
  });
}

test("the caller's options stay as they are", async () => {
  const given = Object.freeze({ data: 'pets' });
  await echo(given);
  assert.deepEqual(given, { data: 'pets' });
});

test('a verb with many results checks its options when the first is asked for', async () => {
  const count = streamingVerb({ to: integer(1, 9, 'The last') }, async function* ({ to }) {
    for (let i = 1; i <= to; i++) yield i;
  });
  const numbers: number[] = [];
  for await (const each of count({ to: 3 })) numbers.push(each);
  assert.deepEqual(numbers, [1, 2, 3]);
  await assert.rejects(count({ to: 10 }).next(), { code: 'bad-option' });
});
