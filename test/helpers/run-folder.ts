// Folders like those that a training leaves, made by hand.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lite } from './library.js';

/** Writes files below a folder, by their paths. */
export function writeFiles(dir: string, files: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
}

const hashOf = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A finished run that holds these files besides its record. */
export function makeRun(
  dir: string,
  files: Readonly<Record<string, string>> = { 'history.jsonl': '' },
  finishedAt = '2026-01-01T00:00:00Z',
): string {
  const hashes = Object.fromEntries(Object.entries(files).map(([path, content]) => [path, hashOf(content)]));
  const record = { formatVersion: 1, finishedAt, classNames: ['cat', 'dog'], split: {}, files: hashes };
  return writeFiles(dir, { ...files, 'run.json': JSON.stringify(record) });
}

/** A run as versions left it that recorded no hashes. */
export function makeOldRun(dir: string, finishedAt = '2026-01-01T00:00:00Z'): string {
  cpSync(lite, join(dir, 'model'), { recursive: true, filter: path => !/NOTICE|LICENSE/.test(path) });
  const record = { formatVersion: 1, finishedAt, classNames: ['cat', 'dog'], split: {} };
  return writeFiles(dir, {
    'run.json': JSON.stringify(record),
    'history.jsonl': '{"epoch":1,"loss":0.5,"accuracy":0.8,"seconds":1}\n',
    'model.onnx': '\x08\x07\x12\x08finetune and so on',
  });
}

/** All that a folder holds, as text by path: to see that nothing was lost. */
export function readAll(dir: string, paths: readonly string[]): string[] {
  return paths.map(path => readFileSync(join(dir, path), 'utf8'));
}
