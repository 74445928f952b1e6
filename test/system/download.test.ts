import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { downloadFile } from '../../src/system/download.js';
import { takePart } from '../../src/system/part-place.js';
import {
  answering,
  type Behaviour,
  breakingAfter,
  honest,
  ignoringRanges,
  md5,
  someBytes,
  stallingAfter,
  startServer,
} from '../helpers/unruly-server.js';

const content = someBytes(300_000);
const quick = { retryDelay: 1, stallTimeout: 250 };
const checked = { ...quick, md5: md5(content), bytes: content.length };

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'finetune-download-'));
  path = join(dir, 'weights.h5');
});

afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a download ends whole', () => {
  const cases: [title: string, behaviours: Behaviour[], ranges: string[]][] = [
    ['from a server that behaves', [honest], ['-']],
    ['going on where a connection broke', [breakingAfter(100_000), honest], ['-', 'bytes=100000-']],
    [
      'from the start where the server ignores ranges',
      [breakingAfter(100_000), ignoringRanges],
      ['-', 'bytes=100000-'],
    ],
    ['after silence', [stallingAfter(100_000), honest], ['-', 'bytes=100000-']],
    ['after 503 and 429', [answering(503), answering(429), honest], ['-', '-', '-']],
    [
      'from the start where another range comes than asked for',
      [breakingAfter(1000), answering(206, { 'content-range': 'bytes 7-9/10' }, Buffer.alloc(3)), honest],
      ['-', 'bytes=1000-', '-'],
    ],
    [
      'from the start where the range is refused',
      [breakingAfter(1000), answering(416), honest],
      ['-', 'bytes=1000-', '-'],
    ],
    [
      'however often it breaks, as long as bytes come',
      Array.from({ length: 10 }, () => breakingAfter(30_000)),
      ['-', ...Array.from({ length: 9 }, (_, i) => `bytes=${(i + 1) * 30_000}-`)],
    ],
  ];
  for (const [title, behaviours, ranges] of cases) {
    test(title, async () => {
      await using server = await startServer(content, ...behaviours);
      await downloadFile([server.url], path, checked);
      assert.deepEqual(readFileSync(path), content);
      assert.deepEqual(server.ranges, ranges);
      assert.deepEqual(readdirSync(dir).sort(), ['unfinished', 'weights.h5']);
      assert.deepEqual(readdirSync(join(dir, 'unfinished')), ['.finetune-setup']);
    });
  }

  test('without a published checksum too, held together by the ETag', async () => {
    await using server = await startServer(content, breakingAfter(100_000), honest);
    await downloadFile([server.url], path, quick);
    assert.deepEqual(readFileSync(path), content);
    assert.deepEqual(server.ranges, ['-', 'bytes=100000-']);
  });
});

describe('a download that cannot be trusted leaves no file and says why', () => {
  const wrong = Buffer.from(content).fill(0, 5, 6);
  const cases: [title: string, behaviour: Behaviour, expected: RegExp][] = [
    ['other bytes', answering(200, {}, wrong), /sent other content: md5 [0-9a-f]{32}, expected is/],
    [
      'another length',
      answering(200, { 'content-length': 9 }, Buffer.alloc(9)),
      /has a file of 9 bytes, expected are 300000/,
    ],
    [
      'too few bytes, no length',
      answering(200, {}, content.subarray(9)),
      /ended after 299991 of 300000 bytes/,
    ],
    [
      'too many bytes, no length',
      (_request, response) => response.writeHead(200).end(someBytes(400_000)),
      /sends more than 300000 bytes/,
    ],
    ['a length that it does not keep', breakingAfter(0), /weights\.h5: /],
    ['eternal silence', stallingAfter(0), /[Tt]imeout/],
    ['an error page', answering(404, {}, Buffer.from('gone')), /answers 404/],
    ['compressed content', answering(200, { 'content-encoding': 'gzip' }, content), /gzip-encoded/],
  ];
  for (const [title, behaviour, message] of cases) {
    test(title, async () => {
      await using server = await startServer(content, behaviour);
      const download = downloadFile([server.url], path, checked);
      await assert.rejects(download, { code: 'download-failed', message });
      assert.equal(existsSync(path), false);
    });
  }

  test('an address that is none', async () => {
    await assert.rejects(downloadFile(['file:///etc/passwd'], path, quick), { code: 'bad-option' });
  });
});

test('the second source serves where the first one fails, and both are named when both fail', async () => {
  await using bad = await startServer(content, answering(403));
  await using good = await startServer(content);
  const problems: string[] = [];
  await downloadFile([bad.url, good.url], path, { ...checked, onProblem: problem => problems.push(problem) });
  assert.deepEqual(readFileSync(path), content);
  assert.match(problems.join(), /403/);
  await assert.rejects(downloadFile([bad.url, bad.url], join(dir, 'other'), checked), /403.*403/);
});

/** As a process leaves them that was stopped. */
async function leavePart(bytes: Uint8Array, of = path): Promise<void> {
  const part = await takePart(of, true);
  writeFileSync(part.path, bytes);
  await part.release(true);
}

test('what an earlier process left is gone on with, unless the checksum is against it', async () => {
  await using server = await startServer(content);
  const rest = [content.subarray(0, 200_000), Buffer.alloc(200_000), Buffer.alloc(200_000)];
  for (const [i, options] of [checked, checked, quick].entries()) {
    const target = join(dir, `${i}.h5`);
    await leavePart(rest[i]!, target);
    await downloadFile([server.url], target, options);
    assert.deepEqual(readFileSync(target), content);
  }
  assert.deepEqual(server.ranges, ['bytes=200000-', 'bytes=200000-', '-', '-']);
});

test('a file beside it that has the name of a part is not touched, nor one that appears under its own name', async () => {
  await using server = await startServer(content);
  writeFileSync(`${path}.part`, 'mine');
  await downloadFile([server.url], path, checked);
  assert.equal(readFileSync(`${path}.part`, 'utf8'), 'mine');
  await downloadFile([server.url], path, checked);
  writeFileSync(path, 'mine');
  await assert.rejects(downloadFile([server.url], path, checked), /weights\.h5 is there already, and is not/);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
});

test("where the folder of parts is somebody else's, nothing is written", async () => {
  await using server = await startServer(content);
  mkdirSync(join(dir, 'unfinished'));
  writeFileSync(join(dir, 'unfinished/weights.h5.part'), 'mine');
  await assert.rejects(downloadFile([server.url], path, checked), /unfinished was not made by this program/);
  assert.equal(readFileSync(join(dir, 'unfinished/weights.h5.part'), 'utf8'), 'mine');
});

test('a sha-256 vouches for a file as an md5 does', async () => {
  await using server = await startServer(content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await leavePart(content.subarray(0, 200_000));
  await downloadFile([server.url], path, { ...quick, sha256 });
  assert.deepEqual(readFileSync(path), content);
  const wrong = downloadFile([server.url], join(dir, 'other'), {
    ...quick,
    sha256: sha256.replace(/./g, '0'),
  });
  await assert.rejects(wrong, /sent other content: sha256 /);
  assert.deepEqual(server.ranges, ['bytes=200000-', '-']);
});

test('progress rises to the size of the file', async () => {
  await using server = await startServer(content);
  const seen: [number, number | undefined][] = [];
  await downloadFile([server.url], path, { ...checked, onProgress: (...progress) => seen.push(progress) });
  assert.deepEqual(seen.at(-1), [content.length, content.length]);
  assert.ok(seen.every(([done], i) => i === 0 || done > seen[i - 1]![0]));
});

test('HTTP_PROXY is honoured', async () => {
  await using server = await startServer(content);
  const asked: string[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url!);
    const [host, port] = request.url!.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  process.env.HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  try {
    await downloadFile([server.url], path, checked);
  } finally {
    delete process.env.HTTP_PROXY;
    proxy.closeAllConnections();
    proxy.close();
  }
  assert.deepEqual(asked, [new URL(server.url).host]);
  assert.deepEqual(readFileSync(path), content);
});
