// A large file in parts that are carried one after the other, and joined where they arrive.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest } from '../../src/system/file-digest.js';

/** 60 MiB, of a part and of the folder that runs. */
export const largestPart = 60 * 2 ** 20;

/** What is known of a file's parts. */
export interface Parts {
  /** The sha-256 of the whole, hex. */
  readonly sha256: string;
  readonly parts: readonly { readonly file: string; readonly sha256: string }[];
}

/** Writes `part-1-of-N` and so on into a folder. */
export async function splitFile(file: string, folder: string, most = largestPart): Promise<Parts> {
  const { size } = await stat(file);
  const count = Math.ceil(size / most);
  const source = await open(file);
  const parts: Parts['parts'][number][] = [];
  try {
    for (let i = 0; i < count; i++) {
      const bytes = Buffer.alloc(Math.min(most, size - i * most));
      await source.read(bytes, 0, bytes.length, i * most);
      const name = `part-${i + 1}-of-${count}`;
      const target = await open(join(folder, name), 'w');
      await target.writeFile(bytes);
      await target.close();
      parts.push({ file: name, sha256: createHash('sha256').update(bytes).digest('hex') });
    }
  } finally {
    await source.close();
  }
  return { sha256: await fileDigest(file, 'sha256'), parts };
}

/** Which parts have not arrived, and which have not arrived whole. */
export interface Missing {
  readonly missing: readonly string[];
  readonly damaged: readonly string[];
}

/**
 * Keeps the parts that lie in `from`, and joins all once they are there.
 * @param kept where parts stay from one call to the next
 * @returns nothing where `target` is whole
 */
export async function joinParts(
  { sha256, parts }: Parts,
  {
    from,
    kept,
    target,
  }: { readonly from: readonly string[]; readonly kept: string; readonly target: string },
): Promise<Missing | undefined> {
  if ((await digestOf(target)) === sha256) return undefined;
  await mkdir(kept, { recursive: true });
  const missing: string[] = [];
  const damaged: string[] = [];
  for (const part of parts) {
    const found = await Promise.all([kept, ...from].map(folder => digestOf(join(folder, part.file))));
    const place = found.indexOf(part.sha256);
    if (place > 0) await copyFile(join(from[place - 1] ?? '', part.file), join(kept, part.file));
    if (place < 0) (found.some(Boolean) ? damaged : missing).push(part.file);
  }
  if (missing.length + damaged.length > 0) return { missing, damaged };
  const whole = await open(`${target}.unfinished`, 'w');
  for (const { file } of parts) await whole.writeFile(await readFile(join(kept, file)));
  await whole.close();
  if ((await digestOf(`${target}.unfinished`)) !== sha256)
    return { missing: [], damaged: parts.map(({ file }) => file) };
  await rename(`${target}.unfinished`, target);
  return undefined;
}

async function digestOf(file: string): Promise<string | undefined> {
  return await fileDigest(file, 'sha256').catch(() => undefined);
}
