// Getting the benchmarks' photos, from a server on this machine that has an archive like the published one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { type FlowersSource, getFlowers } from '../../scripts/bench/get-flowers.js';
import { breakingAfter, honest, md5, startServer } from '../helpers/unruly-server.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-flowers-'));
const photos = ['daisy/1.jpg', 'daisy/2.jpg', 'daisy/left-out.jpg', 'tulips/1.jpg'];
for (const photo of photos) {
  const path = join(dir, 'flower_photos', photo);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `a photo of ${photo}, and enough of it to break in the middle`.repeat(50));
}
const archive = join(dir, 'flower_photos.tgz');
execFileSync('tar', ['-czf', archive, '-C', dir, 'flower_photos']);
const bytes = readFileSync(archive);
const source: FlowersSource = {
  url: 'http://127.0.0.1:9/flower_photos.tgz',
  md5: md5(bytes),
  list: 'train/daisy/1.jpg\ntrain/tulips/1.jpg\nval/daisy/2.jpg\n',
};

function assertPhotos(out: string): void {
  assert.deepEqual(readdirSync(out).sort(), ['train', 'val']);
  assert.deepEqual(readdirSync(join(out, 'train/daisy')), ['1.jpg']);
  assert.match(readFileSync(join(out, 'val/daisy/2.jpg'), 'utf8'), /a photo of daisy\/2.jpg/);
  assert.deepEqual(
    readdirSync(dirname(out)).filter(name => name.includes('unfinished')),
    [],
  );
}

test('the photos of the list are downloaded, over a connection that breaks, and put in their places', async () => {
  await using server = await startServer(bytes, breakingAfter(100), honest);
  const out = join(dir, 'downloaded');
  await getFlowers({ ...source, url: server.url }, out);
  assertPhotos(out);
  assert.ok(server.ranges.length > 1);
});

test('an archive that is on disk already is taken instead', async () => {
  const out = join(dir, 'unpacked');
  await getFlowers(source, out, archive);
  assertPhotos(out);
});

for (const [title, change, message] of [
  [
    'another archive than the published one',
    { md5: md5(Buffer.from('other')) },
    /is not the published archive/,
  ],
  ['an archive without a photo of the list', { list: 'train/roses/1.jpg\n' }, /roses/],
] as const) {
  test(`${title} is refused, and leaves nothing behind`, async () => {
    const out = join(dir, 'refused');
    await assert.rejects(getFlowers({ ...source, ...change }, out, archive), message);
    assert.equal(existsSync(out), false);
    assert.deepEqual(
      readdirSync(dir).filter(name => name.startsWith('refused')),
      [],
    );
  });
}

test('the list names 120 photos a class to train on and 40 to validate on, none of them twice', () => {
  const lines = readFileSync('scripts/bench/flowers.txt', 'utf8').trim().split('\n');
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(dirname(line), (counts.get(dirname(line)) ?? 0) + 1);
  assert.deepEqual(
    [...counts].map(([folder, count]) => [folder.split('/')[0], count]),
    [...Array(5).fill(['train', 120]), ...Array(5).fill(['val', 40])],
  );
  assert.equal(new Set(lines.map(line => line.replace(/^\w+\//, ''))).size, 800);
});
