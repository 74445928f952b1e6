// A file server on loopback that misbehaves on purpose, connection by connection.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does on one request. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, content: Buffer) => void;

export interface UnrulyServer extends AsyncDisposable {
  /** Address of the file. */
  readonly url: string;
  /** The Range header of every request so far, `-` where there was none. */
  readonly ranges: readonly string[];
}

/** Bytes that are the same in every run. */
export function someBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) % 251));
}

export function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}

/**
 * Serves `content`; the first request meets the first behaviour, and so on, the last one stays.
 */
export async function startServer(content: Buffer, ...behaviours: Behaviour[]): Promise<UnrulyServer> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    const behave = behaviours[Math.min(ranges.length, behaviours.length - 1)] ?? honest;
    ranges.push(request.headers.range ?? '-');
    behave(request, response, content);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.h5`,
    ranges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Serves the file and honours ranges. */
export const honest: Behaviour = (request, response, content) => {
  const { status, headers, body } = answer(request, content);
  response.writeHead(status, headers).end(body);
};

/** Closes the connection after some bytes of what was asked for. */
export function breakingAfter(bytes: number): Behaviour {
  return (request, response, content) => {
    const { status, headers, body } = answer(request, content);
    response.writeHead(status, headers);
    // A moment later: whatever the client has not taken out of its socket by then is lost to it.
    response.write(body.subarray(0, bytes), () => setTimeout(() => response.destroy(), 100));
  };
}

/** Sends some bytes and then nothing more. */
export function stallingAfter(bytes: number): Behaviour {
  return (request, response, content) => {
    const { status, headers, body } = answer(request, content);
    response.writeHead(status, headers).write(body.subarray(0, bytes));
  };
}

/** Always the whole file, whatever range is asked for. */
export const ignoringRanges: Behaviour = (_request, response, content) => {
  response.writeHead(200, { 'content-length': content.length }).end(content);
};

/** A fixed answer. */
export function answering(
  status: number,
  headers: Record<string, string | number> = {},
  body?: Buffer,
): Behaviour {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}

function answer(request: IncomingMessage, content: Buffer) {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const etag = `"${md5(content)}"`;
  if (start === 0) return { status: 200, headers: { 'content-length': content.length, etag }, body: content };
  if (start >= content.length) {
    return { status: 416, headers: { 'content-range': `bytes */${content.length}` }, body: Buffer.alloc(0) };
  }
  const body = content.subarray(start);
  const range = `bytes ${start}-${content.length - 1}/${content.length}`;
  return { status: 206, headers: { 'content-length': body.length, 'content-range': range, etag }, body };
}
