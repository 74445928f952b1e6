import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { featureKey, openFeatureStore } from '../../../src/features/store/store.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-store-'));
after(() => rmSync(folder, { recursive: true }));

const large = { maxBytes: 2 ** 30 };
const dataFile = (dir: string) => join(dir, 'features-v1', 'data.mdb');

const mapsOfProcess = '/proc/self/smaps';

/** How much of a file that this process has mapped is in memory. */
function mappedBytes(path: string): number {
  const maps = readFileSync(mapsOfProcess, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const ofFile = maps.filter(map => map.split('\n')[0]!.endsWith(path));
  return ofFile.reduce((sum, map) => sum + 1024 * Number(/^Rss: +(\d+) kB$/m.exec(map)![1]), 0);
}

describe('The feature store', () => {
  test('keeps features over a restart, to the bit', async () => {
    const dir = join(folder, 'restart');
    const features = Float32Array.from({ length: 1280 }, (_, i) => Math.sin(i));
    const store = openFeatureStore(dir, large);
    store.put('photo', features);
    await store.close();
    const again = openFeatureStore(dir, large);
    assert.deepEqual(again.get('photo'), features);
    assert.deepEqual([again.get('other'), again.get('photo')], [undefined, features]);
    await again.close();
  });

  test('keeps quantised features in a quarter of the size and gives them back as floats', async () => {
    const dir = join(folder, 'quantised');
    const store = openFeatureStore(dir, large);
    store.put('photo', { data: Uint8Array.of(3, 5, 255), scale: 0.5, zeroPoint: 3 });
    await store.close();
    const again = openFeatureStore(dir, large);
    assert.deepEqual(again.get('photo'), Float32Array.of(0, 1, 126));
    await again.close();
  });

  test('does not grow beyond its size limit; the oldest features go first', async () => {
    const dir = join(folder, 'limit');
    const limit = 4_000_000;
    for (let run = 0; run < 10; run++) {
      const store = openFeatureStore(dir, { maxBytes: limit });
      for (let i = 0; i < 200; i++) store.put(`photo-${run}-${i}`, new Float32Array(1280).fill(i));
      await store.close();
    }
    assert.ok(statSync(dataFile(dir)).size < 2 * limit);
    const again = openFeatureStore(dir, large);
    assert.equal(again.get('photo-0-0'), undefined);
    assert.equal(again.get('photo-9-199')?.[7], 199);
    await again.close();
  });

  test('gives memory back between images', { skip: !existsSync(mapsOfProcess) }, async () => {
    const dir = join(folder, 'memory');
    const store = openFeatureStore(dir, large);
    const count = 8000;
    let most = 0;
    for (let i = 0; i < count; i++) {
      store.put(`photo-${i}`, new Float32Array(2560).fill(i));
      await store.releaseMemory();
      if (i % 100 === 0) most = Math.max(most, mappedBytes(dataFile(dir)));
    }
    for (let i = 0; i < count; i++) {
      assert.equal(store.get(`photo-${i}`)?.[7], i);
      await store.releaseMemory();
      if (i % 100 === 0) most = Math.max(most, mappedBytes(dataFile(dir)));
    }
    await store.close();
    const { size } = statSync(dataFile(dir));
    assert.ok(most > 0 && most < size / 2, `${most} of ${size} bytes were in memory`);
  });

  test('is shared by two processes at once', async () => {
    const dir = join(folder, 'shared');
    const writer = ['--import', 'tsx', join(import.meta.dirname, 'store-writer.ts'), dir];
    const write = (prefix: string) => promisify(execFile)(process.execPath, [...writer, prefix, '200']);
    await Promise.all([write('left'), write('right')]);
    const store = openFeatureStore(dir, large);
    for (let i = 0; i < 200; i++) {
      for (const key of [`left-${i}`, `right-${i}`])
        assert.deepEqual(store.get(key), Float32Array.of(i, i + 1));
    }
    await store.close();
  });

  for (const [title, harm, message] of [
    ['something else', (path: string) => writeFileSync(path, Buffer.alloc(10_000, 'no')), /not an LMDB file/],
    ['cut short', (path: string) => truncateSync(path, 12_288), /cut short/],
  ] as const) {
    test(`says how to mend a file that is ${title}`, async () => {
      const dir = join(folder, title);
      const store = openFeatureStore(dir, large);
      for (let i = 0; i < 1000; i++) store.put(`photo-${i}`, new Float32Array(2560));
      await store.close();
      harm(dataFile(dir));
      assert.throws(() => openFeatureStore(dir, large), { code: 'bad-model', message });
      assert.throws(() => openFeatureStore(dir, large), { message: /delete that folder/ });
    });
  }

  test('names features by image, preprocessing and base', () => {
    const parts = { imageHash: 'a', preprocessingHash: 'b', baseHash: 'c' };
    const keys = [
      parts,
      { ...parts, imageHash: 'd' },
      { ...parts, preprocessingHash: 'd' },
      { ...parts, baseHash: 'd' },
    ];
    assert.equal(new Set(keys.map(featureKey)).size, 4);
    assert.equal(featureKey(parts), featureKey({ ...parts }));
  });
});
