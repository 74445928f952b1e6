// Memory for decoding, bounded over all threads of the process: what is large is decoded one at a time, or refused.

import { setTimeout } from 'node:timers/promises';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { FinetuneError } from '../errors.js';

const mebibyte = 2 ** 20;

/** More than this for one image is refused. */
const mostDecodingBytes = 1024 * mebibyte;

/** Images that need more than this take turns, over all threads. */
const largeBytes = 64 * mebibyte;

/** Images that one thread reads and decodes at a time: as many as Node has threads for it. */
const imagesAtATime = 4;

const lockName = 'finetune: one large image is being decoded';

/** Shared by the threads that are started from here on: 1 while a large image is decoded. */
const lock = findLock();

function findLock(): Int32Array {
  const known = getEnvironmentData(lockName);
  const memory = known instanceof SharedArrayBuffer ? known : new SharedArrayBuffer(4);
  if (known === undefined) setEnvironmentData(lockName, memory);
  return new Int32Array(memory);
}

const waiting: (() => void)[] = [];
let underWay = 0;

/** Reads and decodes an image as soon as this thread has few enough under way: others wait without their bytes. */
export async function takeTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (underWay >= imagesAtATime) await new Promise<void>(resolve => waiting.push(resolve));
  else underWay += 1;
  try {
    return await work();
  } finally {
    // Whoever waits takes the place over.
    const next = waiting.shift();
    if (next === undefined) underWay -= 1;
    else next();
  }
}

/**
 * Does work that takes so much memory.
 * @throws FinetuneError `bad-image` for more than `mostDecodingBytes`
 */
export async function withDecodingMemory<Result>(
  bytes: number,
  work: () => Promise<Result>,
): Promise<Result> {
  if (bytes > mostDecodingBytes) {
    throw new FinetuneError(
      'bad-image',
      `too large: decoding it takes ${Math.round(bytes / mebibyte)} MiB of memory, at most ${mostDecodingBytes / mebibyte} are given. Make it smaller`,
    );
  }
  if (bytes <= largeBytes) return work();
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) await setTimeout(20);
  try {
    return await work();
  } finally {
    Atomics.store(lock, 0, 0);
  }
}

/** What an image's header tells. */
export interface ImageHeader {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** `ushort` for 16 bits a sample. */
  readonly depth: string;
  /** Progressive or interlaced: it comes over the full size several times. */
  readonly isProgressive?: boolean | undefined;
}

/** Bytes that the decoder holds of an image at once: a few rows where it can go through it row by row. */
export function estimateDecodingBytes(header: ImageHeader): number {
  const samples = header.width * header.height * header.channels;
  const isProgressive = header.isProgressive === true;
  if (header.format === 'jpeg') return isProgressive ? samples * 2 : 0;
  if (header.format === 'png') return isProgressive ? samples * bytesPerSample(header) : 0;
  if (header.format === 'tiff') return samples * bytesPerSample(header);
  // The frame, and a copy of it.
  return header.width * header.height * 4 * 2;
}

function bytesPerSample({ depth }: ImageHeader): number {
  return depth === 'ushort' ? 2 : 1;
}
