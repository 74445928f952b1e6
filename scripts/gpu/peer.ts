// PyTorch on the same machine, with the same weights, on the same photos.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Subject } from './measure.js';

/** What `torch_check.py` prints. */
export interface Peer {
  readonly version: string;
  readonly rows: readonly {
    readonly device: string;
    readonly precision: string;
    readonly batch: number;
    readonly imagesPerSecond: number;
    readonly cosineMin: number;
    readonly largest: number;
  }[];
  /** Decoding and base, features of all photos. */
  readonly jobs: readonly {
    readonly device: string;
    readonly seconds: number;
    readonly imagesPerSecond: number;
  }[];
}

/** @throws Error with the end of what Python says */
export function measurePeer(
  { name, folder, base }: Subject,
  {
    photos,
    program,
    reference,
  }: { readonly photos: string; readonly program: string; readonly reference: string },
): Peer {
  const { preprocessing, size } = base.rules;
  const task = { name, folder, photos, reference, preprocessing, size };
  const script = join(program, 'scripts/gpu/torch_check.py');
  const { status, stdout, stderr, error } = spawnSync('python3', [script, JSON.stringify(task)], {
    ...{ encoding: 'utf8', timeout: 240_000 },
  });
  if (error !== undefined || status !== 0) {
    throw new Error(error?.message ?? (stderr.trim().split('\n').at(-1) || `python3 ended with ${status}`));
  }
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
