// prepare --force: what it replaces, and what it never does.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type PrepareOptions, prepare } from '../../src/pipeline/prepare.js';
import { lite as embedded, makeFolder } from '../helpers/library.js';

const dir = makeFolder('prepare-force');

/** A folder of its own, `--out` in it, and what has to be there afterwards as before. */
const preciousFolders: [title: string, make: (at: string) => Promise<PrepareOptions>, message: RegExp][] = [
  [
    'the very model that --from reads',
    async at => {
      const { dir: out } = await prepare({ from: embedded, name: 'own', out: join(at, 'own') });
      return { from: out, out };
    },
    /it is or contains --from/,
  ],
  [
    'a folder around the model that --from reads',
    async at => {
      const { dir: from } = await prepare({ from: embedded, name: 'own', out: join(at, 'own') });
      return { from, out: at };
    },
    /it is or contains --from/,
  ],
  [
    'a folder in the model that --from reads',
    async at => {
      const { dir: from } = await prepare({ from: embedded, name: 'own', out: join(at, 'own') });
      return { from, out: join(from, 'inside') };
    },
    /it lies in --from/,
  ],
  [
    'a folder with a card.json of something else',
    async at => {
      writeFileSync(join(at, 'card.json'), '{"bank": "card"}');
      writeFileSync(join(at, 'photo.jpg'), 'photo');
      return { from: embedded, out: at };
    },
    /not all in it was written by this program/,
  ],
  [
    'a backbone with photos in it',
    async at => {
      const { dir: out } = await prepare({ from: embedded, name: 'own', out: join(at, 'own') });
      writeFileSync(join(out, 'photo.jpg'), 'photo');
      return { from: embedded, out };
    },
    /photo\.jpg is no part of the backbone/,
  ],
];

for (const [title, make, message] of preciousFolders) {
  test(`--force does not replace ${title}`, async () => {
    const at = mkdtempSync(join(dir, 'precious-'));
    const options = await make(at);
    const before = readdirSync(at, { recursive: true }).sort();
    await assert.rejects(prepare({ ...options, force: true }), { code: 'bad-option', message });
    assert.deepEqual(readdirSync(at, { recursive: true }).sort(), before);
  });
}

test('--force replaces a backbone that this program wrote', async () => {
  const out = join(dir, 'replaced');
  await prepare({ from: embedded, name: 'first', out });
  const { card } = await prepare({ from: embedded, name: 'second', out, force: true });
  assert.equal(card.name, 'second');
});
