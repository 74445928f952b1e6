// Whether a folder holds a run as this program wrote it, and nothing else.

import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { proveBackbone } from '../backbones/prove-backbone.js';
import { fileDigest } from '../system/file-digest.js';
import { listFolderFiles } from '../system/folder-files.js';
import { isRecordAsWritten, loadRecord, type RunRecord } from './record.js';

/**
 * Proves that every file of a folder was written by one training: a record that is valid, and beside it the files that
 * the record tells, unchanged to the bit.
 * @throws an error that says what else there is, or what is not as it was written
 */
export async function proveRun(dir: string): Promise<void> {
  const record = await loadRecord(dir);
  if (!(await isRecordAsWritten(dir))) throw new Error('run.json was changed since it was written');
  const paths = (await listFolderFiles(dir)).filter(path => path !== 'run.json');
  if (record.files === undefined) return await proveOldRun(dir, paths);
  for (const path of paths) await proveFile(dir, path, record.files);
}

async function proveFile(dir: string, path: string, files: NonNullable<RunRecord['files']>): Promise<void> {
  if (!Object.hasOwn(files, path)) throw new Error(`${path} is no part of the run`);
  if ((await fileDigest(join(dir, path), 'sha256')) === files[path]) return;
  throw new Error(`${path} was changed since it was written`);
}

/** Proves a run of a version that recorded no hashes, by what the files hold. */
async function proveOldRun(dir: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const proof = path.startsWith('model/') ? undefined : oldFiles.get(path);
    if (proof === undefined && !path.startsWith('model/')) throw new Error(`${path} is no part of the run`);
    if ((await proof?.(join(dir, path))) === false) throw new Error(`${path} is not as a training writes it`);
  }
  if (paths.some(path => path.startsWith('model/'))) await proveBackbone(join(dir, 'model'));
}

const oldFiles: ReadonlyMap<string, (path: string) => Promise<boolean>> = new Map([
  ['model.onnx', isOwnOnnx],
  ['history.jsonl', isHistory],
]);

/** The producer's name stands at the beginning. */
async function isOwnOnnx(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
    return buffer.subarray(0, bytesRead).includes('finetune');
  } finally {
    await file.close();
  }
}

async function isHistory(path: string): Promise<boolean> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '');
  return lines.every(line => /^\{"epoch":\d+,"loss":/.test(line));
}
