// Photos measured as pictures: each content once, in threads, and never again while the store knows it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { PhotoTraits } from '../../src/data/photo-traits.js';
import type { PipelineEvent } from '../../src/events.js';
import { measurePhotos, openTraits } from '../../src/features/measure-photos.js';
import { silent } from '../../src/system/context.js';
import { broken, copyDigits } from './sample-images.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-measure-'));
after(() => rmSync(folder, { recursive: true }));
// More than a group, so that several are under way.
const digits = copyDigits(folder, 20);
const [first] = digits;
assert.ok(first);
const examples = [...digits, { ...first, path: 'again.png' }];

async function measure(store: string) {
  const events: PipelineEvent[] = [];
  const context = { ...silent, emit: (event: PipelineEvent) => void events.push(event) };
  return { ...(await measurePhotos(examples, join(folder, store), context)), events };
}

let measured: Awaited<ReturnType<typeof measure>>;

before(async () => {
  measured = await measure('store');
});

test('every content is measured once, a bad file has its reason, and progress is told', () => {
  const { traits, bad, events } = measured;
  assert.deepEqual([traits.size, traits.get(first.hash)?.size], [19, [28, 28]]);
  assert.deepEqual(
    bad.map(({ path }) => path),
    [`${broken}.png`],
  );
  assert.match(bad[0]?.reason ?? '', /cut short|damaged/);
  assert.deepEqual(events.at(-1), { type: 'inspect', done: 20, total: 20 });
});

test('what was measured comes from the store, to the bit; what is bad is looked at again', async () => {
  const { traits, bad, events } = await measure('store');
  for (const [hash, each] of measured.traits) {
    const { size, narrowRange, picture, ...numbers } = each;
    const rounded = Object.entries(numbers).map(([name, value]) => [name, Math.fround(value)]);
    assert.deepEqual(traits.get(hash), { size, narrowRange, picture, ...Object.fromEntries(rounded) });
  }
  assert.deepEqual(bad, measured.bad);
  assert.deepEqual(events, [{ type: 'inspect', done: 1, total: 1 }]);
});

const numbers = { size: [60, 80], brightness: 110, contrast: 40, highlight: 200, sharpness: 2 } as const;
const picture = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
const stored: Readonly<Record<string, PhotoTraits>> = {
  'of 8 bits': { ...numbers, picture, narrowRange: undefined },
  'of 16 bits with a narrow range': { ...numbers, picture, narrowRange: [0, 4095] },
};

for (const [what, traits] of Object.entries(stored)) {
  test(`the store gives back what was put there: an image ${what}`, () => {
    const store = openTraits(join(folder, 'traits'), () => assert.fail('The store is in order.'));
    assert.equal(store.read(what), undefined);
    store.put(what, traits);
    assert.deepEqual(store.read(what), traits);
    store.close();
  });
}

test('an abort stops it when what is under way has ended, and no group is begun after it', async () => {
  const stop = new AbortController();
  let done = 0;
  const emit = () => {
    done++;
    stop.abort(new Error('enough'));
  };
  const measuring = measurePhotos(examples, join(folder, 'stopped'), { emit, signal: stop.signal });
  await assert.rejects(measuring, /enough/);
  assert.ok(done <= 8, `${done}`);
});
