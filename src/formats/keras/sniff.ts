// What a file is: its first bytes decide, not its name.

import { open } from 'node:fs/promises';
import { FinetuneError } from '../../errors.js';

/** What a file is, by its first bytes. */
export async function sniff(path: string): Promise<{ kind: 'zip' | 'hdf5'; bytes: number }> {
  const file = await open(path, 'r').catch(error => {
    throw new FinetuneError('not-found', `Cannot open ${path}. Expected a file that Keras saved.`, {
      cause: error,
    });
  });
  try {
    const entry = await file.stat();
    const head = Buffer.alloc(8);
    if (entry.isFile()) await file.read(head, 0, 8, 0);
    if (head.toString('latin1').startsWith('PK\x03\x04')) return { kind: 'zip', bytes: entry.size };
    if (head.toString('latin1') === '\x89HDF\r\n\x1a\n') return { kind: 'hdf5', bytes: entry.size };
  } finally {
    await file.close();
  }
  throw new FinetuneError(
    'bad-model',
    `${path} is neither a .keras archive nor an HDF5 file. Expected what Keras' model.save() writes: model.keras or model.h5.`,
  );
}
